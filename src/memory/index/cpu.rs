//! What the processor can do and what FAISS was built for.
//!
//! To add an instruction set: its word in [`simd`], and its check in [`cpu_is_able`] once the build asks for it.

use super::ffi;

/// The instruction set FAISS was compiled for, by its own account: `AVX512`, `AVX2`, `SVE`, `NEON` or `GENERIC`
/// (which is SSE2 and slow); `UNKNOWN` where it cannot be asked.
pub fn simd() -> &'static str {
    let options = ffi::compile_options().unwrap_or_default();
    let mut words = options.split_whitespace();
    words
        .find_map(|word| {
            ["AVX512", "AVX2", "SVE", "NEON", "GENERIC"]
                .into_iter()
                .find(|known| *known == word)
        })
        .unwrap_or("UNKNOWN")
}

/// Whether this processor has every instruction that `.cargo/config.toml` lets the C++ compiler use. Where it has
/// not, the first search would end the process with an illegal instruction.
pub fn cpu_is_able() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("fma")
            && std::arch::is_x86_feature_detected!("f16c")
            && std::arch::is_x86_feature_detected!("popcnt")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        true
    }
}
