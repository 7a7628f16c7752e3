"""Words that an identifier in C++ text must not be, because the language or an included header has them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from .._checks.shown import shown

KEYWORDS = frozenset(
    """
    alignas alignof and and_eq asm atomic_cancel atomic_commit atomic_noexcept auto bitand bitor bool break case
    catch char char8_t char16_t char32_t class compl concept const consteval constexpr constinit const_cast continue
    co_await co_return co_yield decltype default delete do double dynamic_cast else enum explicit export extern
    false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or
    or_eq private protected public reflexpr register reinterpret_cast requires return short signed sizeof static
    static_assert static_cast struct switch synchronized template this thread_local throw true try typedef typeid
    typename typeof union unsigned using virtual void volatile wchar_t while xor xor_eq
    """.split()
)

# Types and constants of the C library, of the vendor's headers and of ours: what the standards and UG1399 name, not
# the extensions of each C library, whose clash a compiler reports. Macros, whose clash it may not, are `macros.txt`;
# NDEBUG and DEBUG are given to a compiler and defined in no header.
_TYPES = """
    FILE blkcnt_t blksize_t caddr_t clock_t clockid_t daddr_t dev_t double_t error_t fexcept_t float_t fpos_t gid_t id_t
    ino_t int16_t int32_t int64_t int8_t intmax_t intptr_t key_t locale_t loff_t max_align_t mbstate_t mode_t nlink_t
    nullptr_t off_t pid_t ptrdiff_t quad_t register_t sigset_t size_t ssize_t suseconds_t time_t timer_t u_char u_int
    u_long u_short uid_t uint uint16_t uint32_t uint64_t uint8_t uintmax_t uintptr_t ulong ushort useconds_t va_list
    wctrans_t wctype_t wint_t std half main ap_fixed ap_ufixed ap_int ap_uint ap_int_base ap_fixed_base ap_private
    ap_slong ap_ulong ap_q_mode ap_o_mode ssdm_int ssdm_int_sim AP_RND AP_RND_CONV AP_RND_INF AP_RND_MIN_INF AP_RND_ZERO
    AP_TRN AP_TRN_ZERO AP_SAT AP_SAT_SYM AP_SAT_ZERO AP_WRAP AP_WRAP_SM ap_float ap_minifloat ap_minifloat_detail
    ap_binary ap_ternary af_bit_ref af_range_ref ap_bit_ref ap_range_ref ap_concat_ref retval valtype RND RND_ZERO
    TRN WRAP SAT signgam daylight timezone tzname optarg NDEBUG DEBUG
"""

# Functions of <cmath>, which exist with the suffixes f and l too.
_MATHS = """
    acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh drem erf erfc exp exp10 exp2 expm1 fabs fdim
    floor fma fmax fmin fmod frexp gamma hypot ilogb j0 j1 jn ldexp lgamma llrint llround log log10 log1p log2 logb
    lrint lround modf nan nearbyint nextafter nexttoward pow remainder remquo rint round scalb scalbln scalbn
    roundeven fmaximum fminimum significand sin sincos sinh sqrt tan tanh tgamma trunc y0 y1 yn finite
""".split()

# Functions of <cstdlib>, <cstring>, <cstdio>, <cctype>, <cwchar>, <ctime>, and what usually comes along with them.
_FUNCTIONS = """
    abort abs asctime atexit atof atoi atol atoll basename bcmp bcopy bsearch bzero calloc clearenv clearerr clock clone
    close ctime difftime div dup exit fclose feof ferror fflush ffs fgetc fgets fileno fopen fork fprintf fputc fputs
    fread free freopen fscanf fseek ftell fwide fwrite getc getchar getdate getdelim getenv getline gets getw gmtime
    index isalnum isalpha isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit kill labs
    ldiv link llabs lldiv localeconv localtime lshift rshift malloc mblen mbrlen memchr memcmp memcpy memmem memmove
    memset mktime nanosleep nice open pause perror pipe printf push putc putchar putenv puts putw qsort raise rand
    random read realloc realpath remove rename rewind rindex scanf select setbuf setenv setlocale setstate setvbuf
    signal sleep snprintf sprintf srand srandom sscanf stpcpy strcat strchr strcmp strcoll strcpy strcspn strdup
    strerror strftime strlen strncat strncmp strncpy strpbrk strrchr strsep strspn strstr strtod strtof strtok strtol
    strtold strtoll strtoul strtoull strxfrm swab sync system tempnam time tmpfile tmpnam tolower toupper truncate tzset
    ungetc unlink unsetenv unshare usleep valloc wait write b_and b_not b_or b_xor neg print guess_radix
    scientificFormat toString reduceToPrecision doubleToRawBits floatToRawBits rawBitsToDouble rawBitsToFloat major
    makedev minor
"""

LIBRARY = frozenset([*_TYPES.split(), *_FUNCTIONS.split(), *(name + end for name in _MATHS for end in ('', 'f', 'l'))])


_OF_THE_COMPILER = re.compile('_[A-Z]')


def reserved(word: str) -> str | None:
    """What the identifier `word` is already, as in `'int' is a C++ keyword`; None where it is free."""
    if word in KEYWORDS:
        return 'a C++ keyword'
    if '__' in word or _OF_THE_COMPILER.match(word):
        return 'a name that C++ keeps for the compiler'
    if word in LIBRARY or word in _macros():
        return 'a name of the C++ library or of its headers'
    return None


def check_identifier(field: str, word: object) -> None:
    """Raise a ValueError that names `field` where `word` is no C++ identifier, or one that is not free."""
    rule = f'{field!r} must be a C++ identifier: {shown(word)}'
    if not isinstance(word, str) or not (word.isascii() and word.isidentifier()):
        raise ValueError(rule)
    already = reserved(word)
    if already:
        raise ValueError(f'{rule} is {already}')


@cache
def _macros() -> frozenset[str]:
    """Macros of the headers that ours include, of several compilers and C libraries: see `tests/oracles/macros.py`."""
    return frozenset(Path(__file__).with_name('macros.txt').read_text('ascii').split())
