//! The two things the faiss crate cannot do safely or at all, and the only unsafe code of the program.
//!
//! 1. A filtered search without a leak: `SearchParameters::new` of faiss 0.13 forgets the selector it is given, and
//!    the C destructor of the parameters does not free it either. Its bitmap selector also borrows
//!    the bytes without saying so; here they outlive it by construction.
//! 2. Asking FAISS what it was compiled for: `faiss::get_compile_options()` is C++ only (`faiss/utils/utils.h`).
#![expect(unsafe_code, reason = "the C and C++ interfaces of FAISS")]

use std::ffi::c_void;

use faiss::FlatIndex;
use faiss::index::{SearchResult, SearchWithParams};
use faiss::search_params::SearchParameters;
use faiss::selector::IdSelector;

unsafe extern "C" {
    /// `c_api/impl/AuxIndexStructures_c.h`: deletes a selector of any kind.
    fn faiss_IDSelector_free(selector: *mut c_void);
}

/// The `k` nearest among the vectors whose bit is set: bit `i % 8` of byte `i / 8` stands for the vector at `i`.
pub(super) fn search_among(
    index: &FlatIndex,
    query: &[f32],
    k: usize,
    bitmap: &[u8],
) -> Result<SearchResult, faiss::error::Error> {
    let selector = IdSelector::bitmap(bitmap)?;
    let native = selector.inner_ptr().cast::<c_void>();
    // On an error the crate still drops the selector itself.
    let parameters = SearchParameters::new(selector)?;
    let found = SearchWithParams::search_with_params(index, query, k, &parameters);
    drop(parameters);
    // SAFETY: `native` came from `IdSelector::bitmap` and its owner was forgotten by `SearchParameters::new`; the
    // parameters that pointed to it are gone, and dropping them did not free it.
    unsafe { faiss_IDSelector_free(native) };
    found
}

/// What FAISS says it was compiled with, for instance `OPTIMIZE AVX2`; `None` where it cannot be asked.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub(super) fn compile_options() -> Option<String> {
    use std::mem::MaybeUninit;
    use std::ptr::addr_of_mut;

    /// `std::string` of libstdc++ with its C++11 ABI (`bits/basic_string.h`). `data` points to `local` while the
    /// text has at most 15 bytes, and to memory of `operator new` beyond that.
    #[repr(C)]
    struct CxxString {
        data: *mut u8,
        length: usize,
        local: [u8; 16],
    }

    unsafe extern "C" {
        /// `std::string faiss::get_compile_options()`. A class that is not trivially copyable is returned in memory
        /// whose address is passed as a hidden first argument (System V x86-64 ABI, section 3.2.3).
        #[link_name = "_ZN5faiss19get_compile_optionsB5cxx11Ev"]
        fn faiss_get_compile_options(result: *mut CxxString) -> *mut CxxString;
        /// `operator delete(void*)`.
        #[link_name = "_ZdlPv"]
        fn operator_delete(memory: *mut c_void);
    }

    let mut string = MaybeUninit::<CxxString>::uninit();
    // SAFETY: the callee constructs a string in `string`, which stays where it is until the text is copied; memory
    // the string allocated is given back once, as its destructor would.
    unsafe {
        let string = faiss_get_compile_options(string.as_mut_ptr());
        let (data, length) = ((*string).data, (*string).length);
        let text = String::from_utf8_lossy(std::slice::from_raw_parts(data, length)).into_owned();
        if data != addr_of_mut!((*string).local).cast::<u8>() {
            operator_delete(data.cast());
        }
        Some(text)
    }
}

/// FAISS takes NEON for granted on this architecture; SVE would need flags this project does not pass.
#[cfg(target_arch = "aarch64")]
pub(super) fn compile_options() -> Option<String> {
    Some("NEON".to_owned())
}

/// The layout of a C++ string is not known here.
#[cfg(not(any(all(target_arch = "x86_64", target_os = "linux"), target_arch = "aarch64")))]
pub(super) fn compile_options() -> Option<String> {
    None
}
