//! `shuttle::rand`: random numbers that a replay draws again.
//!
//! Each thread draws from a generator of its own, so that a number depends on the thread alone. Where it begins the checker
//! chooses, and the token of a failing execution says; an exhaustive search does not try several beginnings.

pub use rand::{Rng, RngCore};

/// Generators.
pub mod rngs {
    use crate::execution;
    use rand::{CryptoRng, Error, RngCore};

    /// The generator of the running thread.
    #[derive(Debug, Default, Clone)]
    pub struct ThreadRng(pub(super) ());

    impl RngCore for ThreadRng {
        #[track_caller]
        fn next_u32(&mut self) -> u32 {
            self.next_u64() as u32
        }

        #[track_caller]
        fn next_u64(&mut self) -> u64 {
            execution::next_u64()
        }

        fn fill_bytes(&mut self, dest: &mut [u8]) {
            for bytes in dest.chunks_mut(8) {
                let number = self.next_u64().to_le_bytes();
                bytes.copy_from_slice(&number[..bytes.len()]);
            }
        }

        fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
            self.fill_bytes(dest);
            Ok(())
        }
    }

    impl CryptoRng for ThreadRng {}
}

/// The generator of the running thread.
pub fn thread_rng() -> rngs::ThreadRng {
    rngs::ThreadRng(())
}
