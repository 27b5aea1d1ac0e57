//! What both x86-64 kernels do alike: the least keys in one 256-bit register, and asking for memory.
#![allow(unsafe_code, reason = "intrinsics")]

use std::arch::x86_64::*;

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

/// The lanes of a mask to the front, in order; what the others hold is not said. The caller has AVX2.
#[inline(always)]
pub(super) unsafe fn to_front(eight: __m256i, lanes: u8) -> __m256i {
    // SAFETY: the caller has AVX2; the load is a row of the table.
    unsafe {
        let order = _mm_loadl_epi64(LANES_OF[usize::from(lanes)].as_ptr().cast());
        _mm256_permutevar8x32_epi32(eight, _mm256_cvtepu8_epi32(order))
    }
}

/// Eight ascending keys with one more. The caller has AVX2.
#[inline(always)]
pub(super) unsafe fn insert(keys: __m256i, key: u32) -> __m256i {
    // SAFETY: the caller has AVX2.
    unsafe {
        // Each place keeps the middle of itself, its left neighbour and the new key.
        let left = _mm256_permutevar8x32_epi32(keys, _mm256_setr_epi32(0, 0, 1, 2, 3, 4, 5, 6));
        let left = _mm256_blend_epi32::<1>(left, _mm256_setzero_si256());
        _mm256_min_epu32(keys, _mm256_max_epu32(left, _mm256_set1_epi32(key as i32)))
    }
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

/// Asks for the cache lines of a record.
#[inline(always)]
pub(super) fn prefetch<T: ?Sized>(record: &T, bytes: usize) {
    let start = std::ptr::from_ref(record).cast::<i8>();
    for line in 0..bytes.div_ceil(64) {
        // SAFETY: a prefetch reads nothing a program can see, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line * 64)) }
    }
}
