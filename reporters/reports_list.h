// SPDX-License-Identifier: BSD-2-Clause
// The reports, in the order in which help names them. REPORT(NAME) is the folder reporters/NAME,
// whose sources the build takes and which defines NAME_report (report.h). Whoever includes this
// file defines REPORT first.
REPORT(console)
REPORT(json)
REPORT(csv)
REPORT(openmetrics)
REPORT(html)
REPORT(junit)
REPORT(markdown)
#undef REPORT
