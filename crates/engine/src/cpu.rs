use thiserror::Error;

/// A processor or system that the engine does not run on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CpuError {
    /// x86-64 without AVX.
    #[error("this CPU has no AVX: shiren needs an x86-64 CPU with AVX (2011 or later) or an aarch64 CPU")]
    NoAvx,
    /// Neither Linux on x86-64 nor Linux on aarch64.
    #[error("{os} on {arch} is not supported: shiren runs on Linux on x86-64 and aarch64")]
    Platform {
        /// Operating system.
        os: &'static str,
        /// Processor architecture.
        arch: &'static str,
    },
}

/// Refuses, before anything is downloaded or loaded, a machine on which inference would fail later and less clearly.
pub fn check_cpu() -> Result<(), CpuError> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    if os != "linux" || !matches!(arch, "x86_64" | "aarch64") {
        return Err(CpuError::Platform { os, arch });
    }
    #[cfg(target_arch = "x86_64")]
    if !std::arch::is_x86_feature_detected!("avx") {
        return Err(CpuError::NoAvx);
    }
    Ok(())
}
