// Converts doubles to raw codes with the vendor's own ap_fixed, for every mode of each shape in SHAPES.
// The build passes -DSHAPES="SHAPE(8, 3, true) SHAPE(16, 6, false) ...": width, integer, signed.
#include <cstdint>

#include <ap_fixed.h>

namespace {

template <int W, int I, bool S, ap_q_mode Q, ap_o_mode O, int N>
void convert(const double *x, std::int64_t count, std::int64_t *codes) {
    for (std::int64_t j = 0; j < count; ++j) {
        const ap_fixed_base<W, I, S, Q, O, N> value(x[j]);
        codes[j] = static_cast<std::int64_t>(ap_int_base<W, S>(value.V).to_int64());
    }
}

using Convert = void (*)(const double *, std::int64_t, std::int64_t *);

template <int W, int I, bool S, ap_q_mode Q>
Convert choose(int overflow, int n) {
    switch (overflow * 4 + n) {
    case AP_SAT * 4: return convert<W, I, S, Q, AP_SAT, 0>;
    case AP_SAT_ZERO * 4: return convert<W, I, S, Q, AP_SAT_ZERO, 0>;
    case AP_SAT_SYM * 4: return convert<W, I, S, Q, AP_SAT_SYM, 0>;
    case AP_WRAP * 4: return convert<W, I, S, Q, AP_WRAP, 0>;
    }
    if constexpr (W > 1) if (overflow == AP_WRAP && n == 1) return convert<W, I, S, Q, AP_WRAP, 1>;
    if constexpr (W > 2) if (overflow == AP_WRAP && n == 2) return convert<W, I, S, Q, AP_WRAP, 2>;
    if constexpr (W > 3) if (overflow == AP_WRAP && n == 3) return convert<W, I, S, Q, AP_WRAP, 3>;
    if constexpr (S) {
        if (overflow == AP_WRAP_SM && n == 0) return convert<W, I, S, Q, AP_WRAP_SM, 0>;
        if constexpr (W > 1) if (overflow == AP_WRAP_SM && n == 1) return convert<W, I, S, Q, AP_WRAP_SM, 1>;
        if constexpr (W > 2) if (overflow == AP_WRAP_SM && n == 2) return convert<W, I, S, Q, AP_WRAP_SM, 2>;
        if constexpr (W > 3) if (overflow == AP_WRAP_SM && n == 3) return convert<W, I, S, Q, AP_WRAP_SM, 3>;
    }
    return nullptr;
}

template <int W, int I, bool S>
Convert choose(int rounding, int overflow, int n) {
    switch (rounding) {
    case AP_RND: return choose<W, I, S, AP_RND>(overflow, n);
    case AP_RND_ZERO: return choose<W, I, S, AP_RND_ZERO>(overflow, n);
    case AP_RND_MIN_INF: return choose<W, I, S, AP_RND_MIN_INF>(overflow, n);
    case AP_RND_INF: return choose<W, I, S, AP_RND_INF>(overflow, n);
    case AP_RND_CONV: return choose<W, I, S, AP_RND_CONV>(overflow, n);
    case AP_TRN: return choose<W, I, S, AP_TRN>(overflow, n);
    case AP_TRN_ZERO: return choose<W, I, S, AP_TRN_ZERO>(overflow, n);
    }
    return nullptr;
}

}  // namespace

// Returns 0, or 1 when the library does not hold that type.
extern "C" int vendor_codes(int width, int integer, int is_signed, int rounding, int overflow, int n, const double *x,
                            std::int64_t count, std::int64_t *codes) {
    Convert f = nullptr;
#define SHAPE(W, I, S) if (width == W && integer == I && is_signed == S) f = choose<W, I, S>(rounding, overflow, n);
    SHAPES
    if (!f) return 1;
    f(x, count, codes);
    return 0;
}
