//! What both x86-64 kernels do alike: the least keys in one 256-bit register, and prefetching.
#![allow(unsafe_code, reason = "intrinsics")]

use std::arch::x86_64::*;

use super::INSERTED;

/// By a mask of eight lanes: these lanes, in order.
static LANES_OF: [[u8; 8]; 256] = {
    let mut all = [[0; 8]; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut lane, mut place) = (0, 0);
        while lane < 8 {
            if mask >> lane & 1 == 1 {
                all[mask][place] = lane as u8;
                place += 1;
            }
            lane += 1;
        }
        mask += 1;
    }
    all
};

/// The lanes of a mask to the front, in order; the others are undefined. The caller has AVX2.
#[inline(always)]
pub(super) unsafe fn to_front(eight: __m256i, lanes: u8) -> __m256i {
    // SAFETY: the caller has AVX2; the load is a row of the table.
    unsafe {
        let order = _mm_loadl_epi64(LANES_OF[usize::from(lanes)].as_ptr().cast());
        _mm256_permutevar8x32_epi32(eight, _mm256_cvtepu8_epi32(order))
    }
}

/// The eight least of eight ascending keys and four more, ascending. The caller has AVX2.
///
/// Place i gets the least, over j from 0 to 4, of the greater of old key i - j and the j-th least of the new ones (none for
/// j = 0, and 0 before the first). For each j, i - j + 1 old keys and j new ones are not above that, so the i + 1 least of
/// all are not; and for the j that is the number of new keys among those, it is the greatest of them.
#[inline(always)]
pub(super) unsafe fn insert(keys: __m256i, more: [u32; INSERTED]) -> __m256i {
    // SAFETY: the caller has AVX2.
    unsafe {
        let [a, b, c, d] = more.map(|key| _mm256_set1_epi32(key as i32));
        let ([a, b], [c, d]) = (ascending(a, b), ascending(c, d));
        let ([a, c], [b, d]) = (ascending(a, c), ascending(b, d));
        let [b, c] = ascending(b, c);
        // The keys one to four places on; zeros come before the first.
        let by_four = _mm256_permute2x128_si256::<0x08>(keys, keys);
        let by_three = _mm256_alignr_epi8::<4>(keys, by_four);
        let by_two = _mm256_alignr_epi8::<8>(keys, by_four);
        let by_one = _mm256_alignr_epi8::<12>(keys, by_four);
        let first = _mm256_min_epu32(_mm256_max_epu32(by_one, a), _mm256_max_epu32(by_two, b));
        let second = _mm256_min_epu32(_mm256_max_epu32(by_three, c), _mm256_max_epu32(by_four, d));
        _mm256_min_epu32(keys, _mm256_min_epu32(first, second))
    }
}

/// Lane by lane the lesser, and the greater. The caller has AVX2.
#[inline(always)]
unsafe fn ascending(a: __m256i, b: __m256i) -> [__m256i; 2] {
    // SAFETY: the caller has AVX2.
    unsafe { [_mm256_min_epu32(a, b), _mm256_max_epu32(a, b)] }
}

/// The caller has AVX2.
#[inline(always)]
pub(super) unsafe fn fifth_and_sixth(keys: __m256i) -> (u32, u32) {
    // SAFETY: the caller has AVX2.
    unsafe {
        let two = _mm_cvtsi128_si64(_mm256_extracti128_si256::<1>(keys)) as u64;
        (two as u32, (two >> 32) as u32)
    }
}

/// The caller has AVX2.
#[inline(always)]
pub(super) unsafe fn lowest_bits(keys: __m256i) -> u8 {
    // SAFETY: the caller has AVX2.
    unsafe { _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_slli_epi32::<31>(keys))) as u8 & 0b11111 }
}

/// The least of eight values. The caller has AVX2.
#[inline(always)]
pub(super) unsafe fn least(eight: __m256i) -> u32 {
    // SAFETY: the caller has AVX2.
    unsafe {
        let four = _mm_min_epu32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256::<1>(eight));
        let two = _mm_min_epu32(four, _mm_shuffle_epi32::<0b01_00_11_10>(four));
        let one = _mm_min_epu32(two, _mm_shuffle_epi32::<0b10_11_00_01>(two));
        _mm_cvtsi128_si32(one) as u32
    }
}

/// Prefetches the cache lines of a record.
#[inline(always)]
pub(super) fn prefetch<T: ?Sized>(record: &T, bytes: usize) {
    let start = std::ptr::from_ref(record).cast::<i8>();
    for line in 0..bytes.div_ceil(64) {
        // SAFETY: a prefetch reads nothing a program can see, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line * 64)) }
    }
}
