/* Rounding: what becomes of a number when its scale changes. All machines compute the same bits. A negative number is
 * shifted right towards minus infinity, as every compiler that we know does it.
 * Source: Jacob et al. 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only
 * inference", sections 2.2 and 2.4. */

/* value / 2^bits, rounded, halves up. */
static inline int32_t shifted(int32_t value, uint32_t bits)
{
    return bits == 0 ? value : (value + ((int32_t)1 << (bits - 1))) >> bits;
}

static inline int32_t clamped(int64_t value, int32_t limit)
{
    return value > limit ? limit : value < -limit ? -limit : (int32_t)value;
}

/* sum * scale * ratio, rounded, halves up: the product has at most 62 bits. */
static inline int64_t scaled(int32_t sum, uint32_t scale, const embdistill_ratio *ratio)
{
    int64_t product = (int64_t)sum * (int32_t)(scale * ratio->multiplier);
    return (product + ((int64_t)1 << (ratio->shift - 1))) >> ratio->shift;
}

/* value * step as the nearest float32, of two the even one, without floating point. |value| < 2^39; step: not
 * subnormal, and so that the result is neither. */
static float to_float(int64_t value, float step)
{
    uint32_t bits;
    memcpy(&bits, &step, 4);
    uint64_t product = (uint64_t)(value < 0 ? -value : value) * ((bits & 0x7FFFFF) | 0x800000);
    uint32_t exponent = bits >> 23, sign = value < 0 ? 0x80000000u : 0;
    if (value == 0) return 0;
    unsigned shift = 0; /* by which 24 bits are left */
    while (product >> shift >> 32 != 0) shift += 8;
    while (product >> shift >> 24 != 0) shift++;
    uint64_t half = ((uint64_t)1 << shift) >> 1, rest = product & (((uint64_t)1 << shift) - 1);
    uint32_t digits = (uint32_t)(product >> shift);
    digits += rest > half || (rest == half && shift > 0 && (digits & 1)); /* 2^24 at most, which is right as well */
    bits = sign + ((exponent + shift - 1) << 23) + digits;
    float result;
    memcpy(&result, &bits, 4);
    return result;
}
