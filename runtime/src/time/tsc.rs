//! The processor's time-stamp counter.

/// Reads the counter.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn read() -> u64 {
    #[expect(unsafe_code, reason = "the instruction has no safe wrapper; it costs 10 ns, not 23")]
    // SAFETY: `rdtsc` has no memory operands and every x86-64 processor has it.
    unsafe {
        core::arch::x86_64::_rdtsc()
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn read() -> u64 {
    super::monotonic_nanos()
}

/// Whether the counter runs at one rate on all cores in all power states.
///
/// AMD64 Architecture Programmer's Manual 3, `CPUID Fn8000_0007_EDX[8]` (`TscInvariant`).
#[cfg(target_arch = "x86_64")]
pub(super) fn is_invariant() -> bool {
    use core::arch::x86_64::__cpuid;
    #[expect(unused_unsafe, unsafe_code, reason = "`cpuid` is a safe function only in newer Rust")]
    // SAFETY: every x86-64 processor has `cpuid`.
    unsafe {
        __cpuid(0x8000_0000).eax >= 0x8000_0007 && __cpuid(0x8000_0007).edx & 1 << 8 != 0
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn is_invariant() -> bool {
    false
}
