/* tanh and the logistic function of whole numbers: from numbers of 16 bits in steps of 2^-12 to steps of 2^-15. */

/* tanh(i / 32) in steps of 2^-15 in the upper half, and in the lower one how much the next is larger. */
static const uint32_t tanh_table[256] EMBDISTILL_CONSTANT = {
    0x00000400, 0x040003FD, 0x07FD03FA, 0x0BF703F4, 0x0FEB03EC, 0x13D703E2, 0x17B903D7, 0x1B9003C9,
    0x1F5903BB, 0x231403AB, 0x26BF0399, 0x2A580387, 0x2DDF0372, 0x3151035D, 0x34AE0348, 0x37F60331,
    0x3B270319, 0x3E400302, 0x414202EA, 0x442C02D1, 0x46FD02B9, 0x49B602A0, 0x4C560287, 0x4EDD0270,
    0x514D0256, 0x53A3023F, 0x55E20228, 0x580A0210, 0x5A1A01F9, 0x5C1301E3, 0x5DF601CE, 0x5FC401B8,
    0x617C01A4, 0x63200190, 0x64B0017D, 0x662D016A, 0x67970159, 0x68F00147, 0x6A370137, 0x6B6E0127,
    0x6C950117, 0x6DAC0109, 0x6EB500FB, 0x6FB000EE, 0x709E00E1, 0x717F00D5, 0x725400CA, 0x731E00BE,
    0x73DC00B4, 0x749000AA, 0x753A00A0, 0x75DA0098, 0x7672008F, 0x77010087, 0x7788007F, 0x78070078,
    0x787F0071, 0x78F0006B, 0x795B0064, 0x79BF005F, 0x7A1E0059, 0x7A770054, 0x7ACB0050, 0x7B1B004A,
    0x7B650046, 0x7BAB0043, 0x7BEE003E, 0x7C2C003A, 0x7C660037, 0x7C9D0034, 0x7CD10031, 0x7D02002E,
    0x7D30002B, 0x7D5B0029, 0x7D840026, 0x7DAA0024, 0x7DCE0022, 0x7DF0001F, 0x7E0F001E, 0x7E2D001C,
    0x7E49001B, 0x7E640019, 0x7E7D0017, 0x7E940016, 0x7EAA0015, 0x7EBF0013, 0x7ED20012, 0x7EE40011,
    0x7EF50010, 0x7F05000F, 0x7F14000F, 0x7F23000D, 0x7F30000D, 0x7F3D000B, 0x7F48000C, 0x7F54000A,
    0x7F5E000A, 0x7F680009, 0x7F710009, 0x7F7A0008, 0x7F820007, 0x7F890008, 0x7F910006, 0x7F970007,
    0x7F9E0006, 0x7FA40005, 0x7FA90005, 0x7FAE0005, 0x7FB30005, 0x7FB80004, 0x7FBC0004, 0x7FC00004,
    0x7FC40004, 0x7FC80003, 0x7FCB0003, 0x7FCE0003, 0x7FD10003, 0x7FD40003, 0x7FD70002, 0x7FD90003,
    0x7FDC0002, 0x7FDE0002, 0x7FE00002, 0x7FE20002, 0x7FE40001, 0x7FE50002, 0x7FE70002, 0x7FE90001,
    0x7FEA0001, 0x7FEB0002, 0x7FED0001, 0x7FEE0001, 0x7FEF0001, 0x7FF00001, 0x7FF10001, 0x7FF20001,
    0x7FF30000, 0x7FF30001, 0x7FF40001, 0x7FF50001, 0x7FF60000, 0x7FF60001, 0x7FF70000, 0x7FF70001,
    0x7FF80000, 0x7FF80001, 0x7FF90000, 0x7FF90001, 0x7FFA0000, 0x7FFA0000, 0x7FFA0001, 0x7FFB0000,
    0x7FFB0000, 0x7FFB0001, 0x7FFC0000, 0x7FFC0000, 0x7FFC0000, 0x7FFC0001, 0x7FFD0000, 0x7FFD0000,
    0x7FFD0000, 0x7FFD0000, 0x7FFD0001, 0x7FFE0000, 0x7FFE0000, 0x7FFE0000, 0x7FFE0000, 0x7FFE0000,
    0x7FFE0000, 0x7FFE0000, 0x7FFE0001, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,
    0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000, 0x7FFF0000,};

/* tanh of a number in steps of 2^-12, between -8 and 8: a straight line between two values, with an error of at most
 * 2^-13. */
static inline int32_t integer_tanh(int32_t value)
{
    const int32_t size = value < 0 ? -value : value;
    const uint32_t line = u32_of(&tanh_table[size >> 7]);
    const int32_t result = (int32_t)(line >> 16) + (((int32_t)(line & 0xFFFF) * (size & 127) + 64) >> 7);
    return value < 0 ? -result : result;
}

/* sigmoid(x) = (1 + tanh(x / 2)) / 2. */
static inline int32_t integer_sigmoid(int32_t value) { return (32768 + integer_tanh(value / 2)) >> 1; }

#ifdef EMBDISTILL_X86
#include <immintrin.h>

/* Of 32 numbers at once, with the table in registers. gcc reads it number by number, in three times the time. */
#define AVX512_TARGET target("avx512f,avx512bw")
#define AVX512 __attribute__((AVX512_TARGET, always_inline)) static inline

enum { SIDE_BY_SIDE = 32, EVERY = 0xFF, EVERY_16 = 0xFFFF }; /* masks: gcc 12 warns of its own headers without them */

/* The lower halves of 32 numbers. */
AVX512 __m512i lower_halves(__m512i first, __m512i last)
{
    const __m256i left = _mm512_maskz_cvtepi32_epi16(EVERY_16, first);
    const __m256i right = _mm512_maskz_cvtepi32_epi16(EVERY_16, last);
    return _mm512_maskz_inserti64x4(EVERY, _mm512_castsi256_si512(left), right, 1);
}

AVX512 __m512i read_numbers(const int32_t *numbers)
{
    return lower_halves(_mm512_loadu_si512(numbers), _mm512_loadu_si512(numbers + SIDE_BY_SIDE / 2));
}

AVX512 void write_numbers(int32_t *numbers, __m512i values)
{
    const __m256i left = _mm512_maskz_extracti64x4_epi64(EVERY, values, 0);
    const __m256i right = _mm512_maskz_extracti64x4_epi64(EVERY, values, 1);
    _mm512_storeu_si512(numbers, _mm512_maskz_cvtepi16_epi32(EVERY_16, left));
    _mm512_storeu_si512(numbers + SIDE_BY_SIDE / 2, _mm512_maskz_cvtepi16_epi32(EVERY_16, right));
}

typedef struct {
    __m512i values[8], slopes[8]; /* the upper and the lower halves of tanh_table */
} tanh_registers;

AVX512 void read_table(tanh_registers *table)
{
    for (int i = 0; i < 8; i++) {
        const __m512i first = _mm512_loadu_si512(tanh_table + 32 * i);
        const __m512i last = _mm512_loadu_si512(tanh_table + 32 * i + 16);
        table->values[i] = lower_halves(_mm512_maskz_srli_epi32(EVERY_16, first, 16),
                                        _mm512_maskz_srli_epi32(EVERY_16, last, 16));
        table->slopes[i] = lower_halves(first, last);
    }
}

/* The numbers of a table of 256 at 32 places. */
AVX512 __m512i look_up(const __m512i table[8], __m512i places)
{
    const __mmask32 second = _mm512_movepi16_mask(_mm512_slli_epi16(places, 9)); /* of 64 numbers each */
    const __mmask32 upper = _mm512_movepi16_mask(_mm512_slli_epi16(places, 8));
    __m512i found[4];
    for (int i = 0; i < 4; i++) found[i] = _mm512_permutex2var_epi16(table[2 * i], places, table[2 * i + 1]);
    return _mm512_mask_blend_epi16(upper, _mm512_mask_blend_epi16(second, found[0], found[1]),
                                   _mm512_mask_blend_epi16(second, found[2], found[3]));
}

/* integer_tanh, from sizes, with the signs of other numbers. A product of a slope and of 256 times what is left of a
 * size, rounded to steps of 2^15, is that of integer_tanh. */
AVX512 __m512i tanh_of(const tanh_registers *table, __m512i sizes, __m512i signs)
{
    const __m512i places = _mm512_srli_epi16(sizes, 7), left = _mm512_and_si512(sizes, _mm512_set1_epi16(127));
    const __m512i step = _mm512_mulhrs_epi16(look_up(table->slopes, places), _mm512_slli_epi16(left, 8));
    const __m512i result = _mm512_add_epi16(look_up(table->values, places), step);
    return _mm512_mask_sub_epi16(result, _mm512_movepi16_mask(signs), _mm512_setzero_si512(), result);
}

/* Of as many whole 32 as there are; returns how many values are done. */
__attribute__((AVX512_TARGET)) static size_t take_tanh_avx512(int32_t *values, size_t n)
{
    tanh_registers table;
    size_t done = 0;
    read_table(&table);
    for (; done + SIDE_BY_SIDE <= n; done += SIDE_BY_SIDE) {
        const __m512i x = read_numbers(values + done);
        write_numbers(values + done, tanh_of(&table, _mm512_abs_epi16(x), x));
    }
    return done;
}

__attribute__((AVX512_TARGET)) static size_t take_sigmoid_avx512(int32_t *values, size_t n)
{
    tanh_registers table;
    size_t done = 0;
    read_table(&table);
    for (; done + SIDE_BY_SIDE <= n; done += SIDE_BY_SIDE) {
        const __m512i x = read_numbers(values + done);
        const __m512i twice = tanh_of(&table, _mm512_srli_epi16(_mm512_abs_epi16(x), 1), x);
        write_numbers(values + done, _mm512_add_epi16(_mm512_srai_epi16(twice, 1), _mm512_set1_epi16(16384)));
    }
    return done;
}

#endif

/* values (n) = tanh(values). */
EMBDISTILL_HOT static void take_tanh(int32_t *values, size_t n)
{
    size_t done = 0;
#ifdef EMBDISTILL_X86
    if (has_quads()) done = take_tanh_avx512(values, n);
#endif
    for (; done < n; done++) values[done] = integer_tanh(values[done]);
}

/* values (n) = sigmoid(values). */
EMBDISTILL_HOT static void take_sigmoid(int32_t *values, size_t n)
{
    size_t done = 0;
#ifdef EMBDISTILL_X86
    if (has_quads()) done = take_sigmoid_avx512(values, n);
#endif
    for (; done < n; done++) values[done] = integer_sigmoid(values[done]);
}
