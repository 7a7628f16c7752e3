// The laws of fixed point and minifloats for float32, in integers alone: from the bits of the input to the bits of the
// result. Nothing here is shared with the package, and nothing is rounded by the machine.

#include <cstdint>
#include <cstring>

namespace {

constexpr int MANTISSA = 23, BIAS = 150; // a number is its significand times 2^(exponent - 150)
constexpr int FAR = 39;                  // a shift by which every number is out of the range of at most 32 bits

enum Rounding { TRN, TRN_ZERO, RND, RND_MIN_INF, RND_INF, RND_ZERO, RND_CONV, RND_CONV_ODD, CEIL, AWAY, TO_ODD };
enum Overflow { WRAP, SAT, SAT_SYM, SAT_ZERO, WRAP_SM };

struct Number {
    bool negative, nan, infinite;
    uint64_t significand;
    int exponent;
};

Number read(uint32_t bits) {
    const uint32_t field = bits >> MANTISSA & 255, fraction = bits & ((1u << MANTISSA) - 1);
    const bool special = field == 255;
    return {bits >> 31 != 0, special && fraction, special && !fraction,
            field ? fraction | 1u << MANTISSA : fraction, (field ? int(field) : 1) - BIAS};
}

// The bits of a number of at most 24 significant bits; `magnitude` times 2^exponent must be one of float32.
uint32_t written(uint64_t magnitude, int exponent, bool negative) {
    uint32_t bits = uint32_t(negative) << 31;
    if (!magnitude) return bits;
    while (magnitude >> (MANTISSA + 1)) magnitude >>= 1, ++exponent;
    while (!(magnitude >> MANTISSA) && exponent > 1 - BIAS) magnitude <<= 1, --exponent;
    if (magnitude >> MANTISSA) bits |= uint32_t(exponent + BIAS) << MANTISSA;
    while (exponent < 1 - BIAS) magnitude >>= 1, ++exponent;
    return bits | (uint32_t(magnitude) & ((1u << MANTISSA) - 1));
}

struct Fixed {
    int width, fraction, is_signed, rounding, overflow, saturation_bits;
};

bool away_from_zero(int rounding, bool negative, bool half, bool rest, bool odd) {
    switch (rounding) {
    case TRN: return negative && (half || rest);
    case TRN_ZERO: return false;
    case RND: return half && (rest || !negative);
    case RND_MIN_INF: return half && (rest || negative);
    case RND_INF: return half;
    case RND_ZERO: return half && rest;
    case RND_CONV: return half && (rest || odd);
    case RND_CONV_ODD: return half && (rest || !odd);
    case CEIL: return !negative && (half || rest);
    case AWAY: return half || rest;
    default: return (half || rest) && !odd;
    }
}

uint64_t set(uint64_t code, int high, int low, bool bit) {
    for (int j = low; j <= high; ++j) code = bit ? code | 1ull << j : code & ~(1ull << j);
    return code;
}

// The code of a finite number; false where there is none.
bool fixed_code(const Fixed &type, const Number &x, int64_t &code) {
    const int top = type.width - 1, n = type.saturation_bits;
    const bool negative = x.negative, is_signed = type.is_signed;
    const int64_t high = (1ll << (type.width - is_signed)) - 1;
    const int64_t low = !is_signed ? 0 : type.overflow == SAT_SYM ? -high : -high - 1;
    const bool saturates = type.overflow == SAT || type.overflow == SAT_SYM;
    if (x.nan || (x.infinite && (type.overflow == WRAP || type.overflow == WRAP_SM))) return false;
    if (x.infinite) {
        code = !saturates ? 0 : negative ? low : high;
        return true;
    }
    const int shift = x.exponent + type.fraction;
    const bool far = shift >= FAR && x.significand;
    uint64_t whole = 0;
    bool half = false, rest = false;
    if (shift >= 0) {
        whole = far ? 0 : x.significand << (shift < FAR ? shift : 0);
    } else if (-shift > 62) {
        rest = x.significand;
    } else {
        whole = x.significand >> -shift;
        half = x.significand >> (-shift - 1) & 1;
        rest = x.significand & ((1ull << (-shift - 1)) - 1);
    }
    const uint64_t magnitude = whole + away_from_zero(type.rounding, negative, half, rest, whole & 1);
    const int64_t rounded = negative ? -int64_t(magnitude) : int64_t(magnitude);
    const int64_t floor = negative ? -int64_t(whole) - (half || rest) : int64_t(whole);
    const bool over = far ? !negative : rounded > high, under = far ? negative : rounded < low;
    code = rounded;
    if (!over && !under) return true;
    if (saturates || type.overflow == SAT_ZERO) {
        code = !saturates ? 0 : over ? high : low;
        return true;
    }
    const uint64_t ones = (1ull << type.width) - 1;
    const bool below = rounded < 0 || (far && negative);
    uint64_t bits = uint64_t(rounded) & ones;
    if (type.overflow == WRAP && n && is_signed) {
        bits = set(set(bits, top, top, below), top - 1, type.width - n, !below);
    } else if (type.overflow == WRAP && n) {
        bits = set(bits, top, type.width - n, true);
    } else if (type.overflow == WRAP_SM && !n) {
        const bool deleted = uint64_t(floor) >> type.width & 1;
        if (deleted != bool(bits >> top & 1)) bits = set(bits ^ ones, top, top, deleted);
    } else if (type.overflow == WRAP_SM && n == 1) {
        if (bool(bits >> top & 1) != below) bits ^= ones;
        bits = set(bits, top, top, below);
    } else if (type.overflow == WRAP_SM) {
        if (bool(bits >> (type.width - n) & 1) == below) bits ^= ones;
        bits = set(set(bits, top - 1, type.width - n, !below), top, top, below);
    }
    code = is_signed && bits >> top ? int64_t(bits) - (1ll << type.width) : int64_t(bits);
    return true;
}

struct Minifloat {
    int mantissa, least, most; // bits, and the exponents of the smallest normal and of the largest value
};

uint32_t minifloat(const Minifloat &type, const Number &x) {
    const uint64_t all_ones = (2ull << type.mantissa) - 1;
    int leading = x.exponent - 1;
    for (uint64_t rest = x.significand; rest; rest >>= 1) ++leading;
    if (x.infinite || (x.significand && leading > type.most)) {
        return written(all_ones, type.most - type.mantissa, x.negative);
    }
    const int binade = leading < type.least || !x.significand ? type.least : leading;
    const int step = binade - type.mantissa, shift = step - x.exponent;
    uint64_t code = 0;
    if (shift <= 0) {
        code = x.significand << -shift;
    } else if (shift <= 62) {
        const bool half = x.significand >> (shift - 1) & 1, rest = x.significand & ((1ull << (shift - 1)) - 1);
        code = x.significand >> shift;
        code += half && (rest || (code & 1));
    }
    if (binade == type.most && code > all_ones) code = all_ones;
    return written(code, step, x.negative);
}

bool is_nan(uint32_t bits) { return (bits & 0x7fffffffu) > 0x7f800000u; }

template <class Law>
int64_t differences(const uint32_t *x, const uint32_t *q, int64_t count, int64_t *first, Law law) {
    int64_t found = 0;
    for (int64_t j = 0; j < count; ++j) {
        uint32_t wanted;
        if (law(read(x[j]), wanted) ? q[j] == wanted : is_nan(q[j])) continue;
        if (!found++) *first = j;
    }
    return found;
}

} // namespace

// How many of `count` results differ from the law, and where the first one is. A zero of fixed point has no sign.
extern "C" int64_t fixed_differences(const uint32_t *x, const uint32_t *q, int64_t count, int64_t *first, int width,
                                     int fraction, int is_signed, int rounding, int overflow, int saturation_bits) {
    const Fixed type{width, fraction, is_signed, rounding, overflow, saturation_bits};
    return differences(x, q, count, first, [&](const Number &number, uint32_t &wanted) {
        int64_t code;
        if (!fixed_code(type, number, code)) return false;
        wanted = written(code < 0 ? -code : code, -fraction, code < 0);
        return true;
    });
}

extern "C" int64_t minifloat_differences(const uint32_t *x, const uint32_t *q, int64_t count, int64_t *first,
                                         int mantissa, int least, int most) {
    const Minifloat type{mantissa, least, most};
    return differences(x, q, count, first, [&](const Number &number, uint32_t &wanted) {
        if (number.nan) return false;
        wanted = minifloat(type, number);
        return true;
    });
}
