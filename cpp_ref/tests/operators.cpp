// What the other checks do not call: every constructor, conversion operator, result type and way to print. Prints the
// number of checks and each that fails.

#include <ap_binary.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <sstream>

template <class a, class b>
struct same {
    static const bool value = false;
};
template <class a>
struct same<a, a> {
    static const bool value = true;
};

static int checks = 0, failures = 0;

#define CHECK(...)                                                         \
    do {                                                                   \
        ++checks;                                                          \
        if (!(__VA_ARGS__)) {                                              \
            ++failures;                                                    \
            std::cout << "line " << __LINE__ << ": " << #__VA_ARGS__ << '\n'; \
        }                                                                  \
    } while (false)

// -480 to 480 in the exponents -7 to 8
typedef ap_minifloat<3, 4, 1> f8;

enum colour { RED, GREEN = 5 };

template <class type>
void built_in() {
    CHECK(f8(type(1)) == type(1));
    CHECK(type(1) == f8(type(1)));
    CHECK((f8(1.5) * type(1)).to_double() == 1.5);
    CHECK((type(1) - f8(1.5)).to_double() == -0.5);
    const type largest = std::numeric_limits<type>::max(), lowest = std::numeric_limits<type>::lowest();
    typedef ap_minifloat<8, 8> wide;
    CHECK(wide(largest).to_double() == std::ldexp(std::nearbyint(std::ldexp(double(largest), -56)), 56) ||
          sizeof(type) < 8);
    CHECK(wide(lowest).to_double() == double(lowest));
    CHECK(ap_minifloat<52, 11>(largest) <= std::ldexp(1.0, 64));
    CHECK(ap_binary(type(1)).to_int() == 1);
    CHECK(ap_binary(type(0)).to_int() == -1);
    CHECK(ap_binary(largest) == 1 && ap_binary(lowest) == -1);
    CHECK(ap_binary(-1) * lowest == -ap_int<66>(lowest) && lowest * ap_binary(1) == ap_int<66>(lowest));
}

static std::string text(const f8& x) {
    std::ostringstream out;
    out << x;
    return out.str();
}

int main() {
    built_in<bool>();
    built_in<char>();
    built_in<signed char>();
    built_in<unsigned char>();
    built_in<short>();
    built_in<unsigned short>();
    built_in<int>();
    built_in<unsigned int>();
    built_in<long>();
    built_in<unsigned long>();
    built_in<long long>();
    built_in<unsigned long long>();
    CHECK(f8(GREEN) == 5);
    CHECK(f8(L'\5') == 5);

    // the numbers of the vendor
    const ap_int<100> wide = (ap_int<100>(3) << 70) + 1;
    CHECK((ap_minifloat<8, 9>(wide).to_double() == std::ldexp(3.0, 70)));
    CHECK((ap_minifloat<8, 9>(-wide).to_double() == std::ldexp(-3.0, 70)));
    CHECK((ap_minifloat<8, 9>(ap_uint<100>(wide)).to_double() == std::ldexp(3.0, 70)));
    ap_int<100> parts = 0x5a;
    ap_fixed<12, 4> fixed = 2.25;
    CHECK(f8(parts.range(6, 3)) == 11);
    CHECK(f8(parts[1]) == 1 && f8(parts[0]) == 0);
    CHECK(f8(fixed.range(11, 8)) == 2);
    CHECK(f8(fixed[6]) == 1 && f8(fixed[0]) == 0);
    CHECK(f8((ap_uint<3>(1), ap_uint<4>(2))) == 18);
    CHECK(f8(fixed + fixed) == 4.5);
    CHECK(f8(ap_ufixed<4, 4>(9)) == 9);
    f8 x = 1.625;
    x = fixed;
    CHECK(x == 2.25 && fixed == x && !(x < fixed) && x >= fixed);
    x = ap_minifloat<52, 11>(0.3);
    CHECK(x == 0.3125);

    // back
    CHECK((ap_fixed<8, 3>(x) == ap_fixed<8, 3>(0.3125)));
    CHECK((static_cast<ap_fixed<3, 2, AP_RND> >(x) == ap_fixed<3, 2>(0.5)));
    CHECK((static_cast<ap_ufixed<6, 2> >(f8(2.25)) == ap_ufixed<6, 2>(2.25)));
    CHECK(double(x) == 0.3125 && float(x) == 0.3125f && x.to_double() == 0.3125 && x.to_float() == 0.3125f);
    CHECK(std::isinf(ap_minifloat<0, 11, 4096>::from_bits(1).to_double()));
    CHECK(std::signbit(f8(-0.0).to_double()) && std::signbit(f8(-1e-30).to_float()) && f8(-0.0) == 0);
    CHECK(!std::signbit(f8(std::numeric_limits<double>::quiet_NaN()).to_double()));
    CHECK(f8(std::numeric_limits<float>::infinity()) == 480 && f8(-1e300) == -480);
    CHECK(f8(std::numeric_limits<double>::quiet_NaN()) == 0 && f8(-std::numeric_limits<float>::quiet_NaN()) == 0);
    CHECK((ap_minifloat<52, 11>(0.1) == 0.1) && (ap_minifloat<23, 8, 1>(0.1f) == 0.1f) && (ap_minifloat<23, 8, 1>(0.1f) != 0.1));

    // the types of results: as wide as needed, and no wider
    const ap_fixed<12, 5> signed_ = -3;
    const ap_ufixed<12, 5> unsigned_ = 3;
    CHECK((same<decltype(x.to_ap_fixed()), ap_fixed<19, 10> >::value));
    CHECK((same<decltype(x * signed_), ap_fixed<30, 14> >::value));
    CHECK((same<decltype(unsigned_ * x), ap_fixed<31, 15> >::value));
    CHECK((same<decltype(x * ap_int<6>(1)), ap_fixed<24, 15> >::value));
    CHECK((same<decltype(x * ap_minifloat<2, 3>(1)), ap_fixed<28, 14> >::value));
    CHECK((same<decltype(x + signed_), ap_fixed<20, 11> >::value));
    CHECK((same<decltype(x - unsigned_), ap_fixed<20, 11> >::value));
    CHECK((same<decltype(-x), f8>::value));
    CHECK((same<decltype(ap_binary(1) * signed_), ap_fixed<13, 6> >::value));
    CHECK((same<decltype(unsigned_ * ap_binary(1)), ap_fixed<13, 6> >::value));
    CHECK((same<decltype(ap_binary(1) * ap_uint<8>(1)), ap_int<9> >::value));
    CHECK((same<decltype(ap_binary(1) * x), f8>::value));
    CHECK((same<decltype(ap_binary(1) * ap_binary(1)), ap_binary>::value));
    CHECK((same<ap_ternary, ap_fixed<2, 2, AP_RND_CONV, AP_SAT_SYM> >::value));
    CHECK(unsigned_ * f8(-2) == ap_int<5>(-6) && (x + unsigned_) == ap_fixed<12, 4>(3.3125));
    CHECK((f8(480) * f8(-480)).to_double() == -230400);
    CHECK((f8(std::ldexp(1.0, -9)) * f8(std::ldexp(1.0, -9))).to_double() == std::ldexp(1.0, -18));

    // parts of the vendor's numbers are unsigned integers, as wide as the number
    CHECK((same<decltype(x * parts.range(6, 3)), ap_fixed<119, 110> >::value));
    CHECK((same<decltype(x + fixed[6]), ap_fixed<20, 11> >::value));
    CHECK((same<decltype(ap_binary(1) * fixed.range(11, 8)), ap_int<13> >::value));
    CHECK(f8(-1.5) * parts.range(6, 3) == -16.5 && parts.range(6, 3) - f8(1.5) == 9.5);
    CHECK(f8(-1.5) * fixed.range(11, 8) == -3 && fixed.range(11, 8) + f8(1.5) == 3.5);
    CHECK(f8(-1.5) * parts[1] == -1.5 && parts[0] * f8(-1.5) == 0 && f8(1.5) + fixed[6] == 2.5);
    CHECK((f8(-1.5) * (ap_uint<3>(1), ap_uint<4>(2)) == -27) && f8(11) == parts.range(6, 3) && fixed[6] > f8(0.5));
    CHECK(ap_binary(parts.range(6, 3)) == 1 && ap_binary(parts.range(2, 2)) == -1 && ap_binary(fixed[0]) == -1);
    CHECK(ap_binary(fixed.range(11, 8)) == 1 && ap_binary(parts[1]) == 1 && ap_binary((ap_uint<3>(0), parts[0])) == -1);
    CHECK(ap_binary(-1) * parts.range(6, 3) == -11 && fixed.range(11, 8) * ap_binary(-1) == -2);
    CHECK(ap_binary(-1) * parts[1] == -1 && fixed[0] * ap_binary(-1) == 0);

    // accumulators, in their own modes
    ap_fixed<6, 3, AP_RND, AP_SAT> sum = 1;
    sum += f8(0.0625);
    CHECK(sum == 1.125);
    (sum -= f8(0.5)) *= f8(-1.5);
    CHECK(sum == -0.875);
    sum -= f8(480);
    CHECK(sum == -4);
    ap_ufixed<4, 4> wrapped = 15;
    CHECK((wrapped += f8(2.5)) == 1);

    // the vendor's own operators stay what they are beside ours
    CHECK(same<decltype(ap_int<5>(3) * ap_int<6>(4)), ap_int<11> >::value && ap_int<5>(3) * ap_int<6>(4) == 12);
    CHECK(2 * fixed == 4.5 && fixed * 2 == 4.5 && fixed * ap_int<3>(2) == ap_fixed<12, 5>(4.5));
    CHECK(fixed * fixed == ap_fixed<12, 5>(5.0625) && fixed + 1 == 3.25 && fixed == 2.25 && 3 > fixed);

    // parts
    CHECK(f8::width == 8 && f8::emin == -6 && f8::emax == 8);
    CHECK(sizeof(f8) == sizeof(ap_uint<8>) && sizeof(ap_binary) == sizeof(ap_uint<1>));
    CHECK(std::max(f8::emin, 3) == 3 && std::max(f8::emax, 3) == 8 && std::max(f8::fixed_width, 3) == 19);
    CHECK(std::max(f8::width, 3) == 8 && std::max(ap_binary::width, 3) == 3);
    x = f8::from_bits(0xAB);
    CHECK(x.bits() == 0xAB && x.negative() && x.exponent_field() == 5 && x.significand() == 11 && x.shift() == 4);
    CHECK((-x).bits() == 0x2B && (+x).bits() == 0xAB);

    // printed
    CHECK(text(1.625) == "1.625" && text(-0.0) == "-0" && text(-480) == "-480");
    std::ostringstream out;
    out << ap_binary(3) << ap_binary(-3) << ' ' << ap_ternary(-0.75);
    CHECK(out.str() == "1-1 -1");

    // and read
    for (int bits = 0; bits < 256; ++bits) {
        std::stringstream stream;
        stream << f8::from_bits(bits);
        CHECK(stream >> x && x.bits() == bits);
    }
    std::istringstream in("0.3 -1e9 -2 0.5 x");
    ap_binary sign = 1;
    CHECK(in >> x && x == 0.3125 && in >> x && x == -480 && in >> sign && sign == -1 && in >> sign && sign == 1);
    CHECK(!(in >> x) && in.fail() && x == -480);
    in.clear();
    CHECK(!(in >> sign) && in.fail() && sign == 1);

    std::cout << checks << " checks\n";
    return failures != 0;
}
