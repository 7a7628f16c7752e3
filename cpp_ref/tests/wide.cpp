// Conversions of formats of any size. FORMATS is a list of
// FORMAT(number, M, E, E0, ap_fixed or ap_ufixed, W, I, M2, E2, E02).

#include <ap_minifloat.h>

#include "check.h"

enum function { FROM_DOUBLE, FROM_SINGLE, FROM_FIXED, FROM_OTHER, TO_DOUBLE, TO_SINGLE,
                COMPARED, COMPARED_OTHER, COMPARED_FIXED, COMPARED_DOUBLE, SINGLE_COMPARED };

template <class format, class fixed_t, class other>
int run_format(int function, const word* a, const word* b, std::int64_t n, word* out) {
    for (std::int64_t j = 0; j < n; ++j, a += 2, b += 2, out += 2) {
        const format x = format::from_bits(a[0]);
        switch (function) {
            case FROM_DOUBLE: put(format(as_double(a[0])).bits().to_uint64(), out); break;
            case FROM_SINGLE: put(format(as_float(a[0])).bits().to_uint64(), out); break;
            case FROM_FIXED: put(format(fixed<fixed_t>(a)).bits().to_uint64(), out); break;
            case FROM_OTHER: put(format(other::from_bits(a[0])).bits().to_uint64(), out); break;
            case TO_DOUBLE: put(as_word(x.to_double()), out); break;
            case TO_SINGLE: put(float_word(x.to_float()), out); break;
            case COMPARED: put(comparisons(x, format::from_bits(b[0])), out); break;
            case COMPARED_OTHER: put(comparisons(x, other::from_bits(b[0])), out); break;
            case COMPARED_FIXED: put(comparisons(x, fixed<fixed_t>(b)), out); break;
            case COMPARED_DOUBLE: put(comparisons(x, as_double(b[0])), out); break;
            case SINGLE_COMPARED: put(comparisons(as_float(b[0]), x), out); break;
            default: return -1;
        }
    }
    return 0;
}

extern "C" int run(int format, int function, const word* a, const word* b, std::int64_t n, word* out) {
    switch (format) {
#define FORMAT(number, M, E, E0, FIXED, W, I, M2, E2, E02) \
        case number: \
            return run_format<ap_minifloat<M, E, E0>, FIXED<W, I>, ap_minifloat<M2, E2, E02> >(function, a, b, n, out);
        FORMATS
    }
    return -1;
}
