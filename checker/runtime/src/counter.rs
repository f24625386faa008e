//! A number in a file that outlives the process, however it ends.

use memmap2::{MmapMut, MmapOptions};
use std::fs::File;
use std::io;

/// A number at the beginning of a file, mapped into memory: setting it costs one store, and the system keeps
/// what was set when the process is killed.
pub struct Counter {
    map: MmapMut,
}

impl Counter {
    /// How many bytes of the file it takes, lowest first.
    pub const SIZE: usize = 8;

    /// The number at the beginning of a file that has at least [`Counter::SIZE`] bytes and was opened for reading
    /// and writing.
    ///
    /// # Errors
    /// If the file is shorter, or the system does not map it.
    pub fn new(file: &File) -> io::Result<Counter> {
        if file.metadata()?.len() < Counter::SIZE as u64 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is too short"));
        }
        // SAFETY: the bytes are only written here, through one `&mut`, and never read as anything that must be
        // valid; a file that is made shorter by somebody else ends the process by a signal, but is not
        // unsound.
        let map = unsafe { MmapOptions::new().len(Counter::SIZE).map_mut(file)? };
        Ok(Counter { map })
    }

    /// Sets the number.
    #[inline]
    pub fn set(&mut self, number: u64) {
        self.map[..Counter::SIZE].copy_from_slice(&number.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_in_the_file() {
        let path = std::env::temp_dir().join(format!("raddle-counter-{}", std::process::id()));
        std::fs::write(&path, [7; 12]).expect("it can be written");
        let file = File::options().read(true).write(true).open(&path).expect("it is there");
        let mut counter = Counter::new(&file).expect("it is long enough");
        counter.set(300);
        counter.set(259);
        let bytes = std::fs::read(&path).expect("it can be read");
        assert_eq!(bytes, [3, 1, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7]);
        drop(counter);
        std::fs::write(&path, [1]).expect("it can be written");
        let short = File::options().read(true).write(true).open(&path).expect("it is there");
        assert!(Counter::new(&short).is_err());
        std::fs::remove_file(&path).expect("it is there");
    }
}
