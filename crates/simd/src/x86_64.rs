//! Tokens of x86-64.
#![allow(unsafe_code, reason = "the calls into code built for an instruction set")]

use crate::Work;

/// Proof that this machine has AVX2: 256-bit vectors.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

/// Proof that this machine has AVX-512 with its byte, word, double-word, short-vector and neural-network instructions, as
/// all have had since 2019; older ones take AVX2.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(());

impl Avx2 {
    /// The token, where the machine has the instructions.
    pub fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    /// Runs the work in code built for AVX2, so that the instructions are inlined into it.
    #[inline]
    pub fn run<W: Work<Self>>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx2,bmi1,lzcnt,popcnt")]
        fn inside<W: Work<Avx2>>(token: Avx2, work: W) -> W::Output {
            work.run(token)
        }
        // SAFETY: the token is proof of AVX2, and every machine with AVX2 has the three bit-counting sets.
        unsafe { inside(self, work) }
    }
}

impl Avx512 {
    /// The token, where the machine has the instructions.
    pub fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        has_all.then_some(Self(()))
    }

    /// Runs the work in code built for AVX-512, so that the instructions are inlined into it.
    #[inline]
    pub fn run<W: Work<Self>>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,bmi1,bmi2,lzcnt,popcnt")]
        fn inside<W: Work<Avx512>>(token: Avx512, work: W) -> W::Output {
            work.run(token)
        }
        // SAFETY: the token is proof of AVX-512, and every machine with it has the four bit-counting sets.
        unsafe { inside(self, work) }
    }
}
