// ap_float<M, E, E0>, hls4ml's name for ap_minifloat<M, E, E0>: for sources that have it. C++11.
//
// Vitis HLS has an ap_float.h of its own, whose ap_float<W, E> has W bits, E of them for the exponent (UG1399): include
// ap_minifloat.h where that may be found first.

#ifndef QUANTIZERS_AP_FLOAT_H
#define QUANTIZERS_AP_FLOAT_H

#include "ap_minifloat.h"

template <int m, int e, int e0 = 0>
using ap_float = ap_minifloat<m, e, e0>;

#endif  // QUANTIZERS_AP_FLOAT_H
