// SPDX-License-Identifier: BSD-2-Clause
// Statistics on ranks: for samples that are few, skewed, and now and then far off, as timings are.
// None of them takes NaN.
#pragma once

#include <cstddef>
#include <vector>

namespace nmgen {

// Two-sided p of the Mann-Whitney U test: how likely samples as unlike as these are if both come
// from the same distribution. Exact (the count of all orders) for up to kExactSamples a side
// without ties; else the normal approximation with corrections for ties and continuity. 1 where a
// side is empty or all samples are equal. H. B. Mann and D. R. Whitney, Annals of Mathematical
// Statistics 18 (1947).
double mann_whitney_p(const std::vector<double>& a, const std::vector<double>& b);
inline constexpr size_t kExactSamples = 50;

// The Hodges-Lehmann estimate of how far `next` lies above `base`: the median of all differences
// next[j] - base[i]. Holds while fewer than 29 % of the samples are wild. 0 where a side is empty.
double hodges_lehmann_shift(const std::vector<double>& base, const std::vector<double>& next);

// Two-sided p of Wilcoxon's signed ranks: how likely differences as one-sided as these are if each
// is as likely to have the other sign. Those of 0 do not count. Exact (the count of all signs) for
// up to kExactSamples differences without ties; else the normal approximation with corrections for
// ties and continuity. 1 where nothing counts. F. Wilcoxon, Biometrics Bulletin 1 (1945).
double signed_rank_p(const std::vector<double>& differences);

// The Hodges-Lehmann estimate of where differences lie: the median of the means of all pairs of
// them, each with itself too. 0 for none.
double hodges_lehmann_center(const std::vector<double>& differences);

// Its interval of 95 % or a little more: all centres that signed_rank_p() would not call unlikely
// at 5 %. Exact as that is, for up to kExactSamples differences. 0 to 0 for none; of fewer than
// six, whose ranks tell nothing at 5 %, from the least to the greatest.
struct RankInterval {
  double low = 0, high = 0;
};
RankInterval hodges_lehmann_interval(const std::vector<double>& differences);

// The p values, each corrected for there being so many tests (S. Holm, Scandinavian Journal of
// Statistics 6, 1979): comparing each with alpha keeps the chance of any false alarm below alpha.
std::vector<double> holm(const std::vector<double>& p_values);

}  // namespace nmgen
