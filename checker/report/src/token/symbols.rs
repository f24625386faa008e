//! The symbols of a token: five bits each, their characters, the numbers made of them, and their checksum.

use super::TokenError;

/// The version that is written; it stands behind `rd`.
const VERSION: &str = "1";
/// Crockford's base 32, lower case: no i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Symbols of a checksum.
pub(super) const CHECK: usize = 4;
/// Symbols between two hyphens.
const GROUP: usize = 5;

/// Letters of names below 26; digits, other bytes and the end of a name from here.
const UNDERSCORE: u8 = 26;
const DIGIT: u8 = 27;
const BYTE: u8 = 28;
const END: u8 = 29;

/// The character of a symbol.
pub(super) fn character(symbol: u8) -> char {
    char::from(ALPHABET[usize::from(symbol)])
}

/// A token of these symbols.
pub(super) fn text(symbols: &[u8]) -> String {
    let mut text = format!("rd{VERSION}");
    for group in symbols.chunks(GROUP) {
        text.push('-');
        text.extend(group.iter().map(|&symbol| character(symbol)));
    }
    text
}

/// The symbols of a token, after its version.
pub(super) fn read(text: &str) -> Result<Vec<u8>, TokenError> {
    let trimmed = text.trim_matches(surrounds);
    let mut characters = trimmed.chars().enumerate().filter(|&(_, c)| !is_ignored(c));
    if characters.next().is_none() {
        return Err(TokenError::Empty);
    }
    let rest = after_prefix(trimmed)?;
    let mut symbols = Vec::new();
    for (place, c) in trimmed.chars().enumerate().skip(rest) {
        if is_ignored(c) {
            continue;
        }
        let Some(symbol) = symbol(c) else {
            return Err(TokenError::Character { found: c, place: place + 1 });
        };
        symbols.push(symbol);
    }
    Ok(symbols)
}

/// How many characters the prefix with its version takes.
fn after_prefix(text: &str) -> Result<usize, TokenError> {
    let path = is_like_a_path(text);
    let lower = text.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("rd").filter(|_| !path) else {
        return Err(TokenError::NotAToken { path });
    };
    // As in the symbols, an i or l is a mistyped 1.
    let digit = |c: char| if matches!(c, 'i' | 'l') { '1' } else { c };
    let closed = rest.split(is_dash).next().filter(|head| head.len() < rest.len());
    // The first hyphen may have been lost; then the version is one digit.
    let head = closed.filter(|head| (1..=2).contains(&head.len())).unwrap_or(rest);
    let several = head.len() < rest.len() && head.chars().all(|c| c.is_ascii_digit());
    let version: String = head.chars().take(if several { 2 } else { 1 }).map(digit).collect();
    if version == VERSION {
        Ok("rd".len() + VERSION.len())
    } else if version.starts_with(|c| ('1'..='9').contains(&c)) {
        Err(TokenError::Newer { version })
    } else {
        Err(TokenError::NotAToken { path })
    }
}

fn is_like_a_path(text: &str) -> bool {
    let ends = [".json", ".txt", ".toml", ".html", ".trace", ".rs"];
    text.contains(['/', '\\']) || ends.iter().any(|end| text.ends_with(end))
}

fn is_dash(c: char) -> bool {
    // Word processors and chats replace hyphens by their relatives.
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

fn is_ignored(c: char) -> bool {
    let invisible = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    is_dash(c) || c.is_whitespace() || invisible
}

fn surrounds(c: char) -> bool {
    let quote = matches!(c, '"' | '\'' | '`' | '<' | '>' | '\u{2018}'..='\u{201f}' | '«' | '»');
    let sentence = matches!(c, '(' | ')' | '[' | ']' | '.' | ',' | ';' | ':');
    quote || sentence || is_ignored(c)
}

fn symbol(c: char) -> Option<u8> {
    let c = match c.to_ascii_lowercase() {
        'i' | 'l' => '1',
        'o' => '0',
        c => c,
    };
    let index = ALPHABET.iter().position(|&known| char::from(known) == c)?;
    u8::try_from(index).ok()
}

/// The checksum of the version and these symbols.
///
/// It is the remainder by a polynomial of degree 4 over GF(32), whose elements are polynomials in a with
/// a⁵ = a² + 1: the minimal polynomial of an element of order 1025, x⁴ + 3x³ + 15x² + 3x + 1. Its code has
/// distance 4 up to 1025 symbols (an ovoid code, the longest there is with four check symbols), so three
/// wrong symbols are always noticed, and every code of this form notices any damage within four
/// neighbours. A cyclic redundancy check of 20 bits promises the latter alone.
pub(super) fn checksum(symbols: &[u8]) -> [u8; CHECK] {
    const MULTIPLES: [u32; 5] = [0x1bc61, 0x378c2, 0x66584, 0xc5f08, 0xaaeb0];
    // Not zero, so that symbols 0 in front count.
    let mut state = u32::from(VERSION.as_bytes()[0]) << 5 | 1;
    for &symbol in symbols.iter().chain(&[0; CHECK]) {
        let top = state >> 15;
        state = (state & 0x7fff) << 5 | u32::from(symbol);
        for (bit, multiple) in MULTIPLES.iter().enumerate() {
            if top >> bit & 1 == 1 {
                state ^= multiple;
            }
        }
    }
    [15, 10, 5, 0].map(|shift| (state >> shift & 31) as u8)
}

/// Writes numbers and names as symbols.
#[derive(Default, Debug)]
pub(super) struct Writer {
    symbols: Vec<u8>,
}

impl Writer {
    /// A number that is mostly small: four bits a symbol, lowest first. A longer encoding begins to count
    /// where the shorter ones end, so that every number has one.
    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 16 {
            self.symbols.push((number & 15) as u8 | 16);
            number = (number >> 4) - 1;
        }
        self.symbols.push(number as u8);
    }

    /// The low `bits` of a number; they must be a multiple of five.
    pub(super) fn fixed(&mut self, number: u64, bits: u32) {
        let shifts = (0..bits).step_by(5);
        self.symbols.extend(shifts.rev().map(|shift| (number >> shift & 31) as u8));
    }

    /// A number that may be large: how many symbols, then these.
    pub(super) fn counted(&mut self, number: u64) {
        let count = (64 - number.leading_zeros()).div_ceil(5);
        self.symbols.push(count as u8);
        self.fixed(number, count * 5);
    }

    /// A name; letters, digits and underscores are short.
    pub(super) fn name(&mut self, name: &str) {
        for byte in name.bytes() {
            match byte {
                b'a'..=b'z' => self.symbols.push(byte - b'a'),
                b'_' => self.symbols.push(UNDERSCORE),
                b'0'..=b'9' => self.symbols.extend([DIGIT, byte - b'0']),
                _ => self.symbols.extend([BYTE, byte >> 5, byte & 31]),
            }
        }
        self.symbols.push(END);
    }

    /// What was written.
    pub(super) fn into_symbols(self) -> Vec<u8> {
        self.symbols
    }
}

/// Reads what a [`Writer`] wrote; `None` if there is too little or it is too large.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    symbols: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// From the first symbol on.
    pub(super) fn new(symbols: &'a [u8]) -> Reader<'a> {
        Reader { symbols, position: 0 }
    }

    /// How many symbols were read.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Whether all symbols were read.
    pub(super) fn is_at_end(&self) -> bool {
        self.position == self.symbols.len()
    }

    fn next(&mut self) -> Option<u8> {
        let symbol = *self.symbols.get(self.position)?;
        self.position += 1;
        Some(symbol)
    }

    /// The inverse of [`Writer::number`].
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for place in 0..16 {
            let symbol = u64::from(self.next()?);
            number = number.checked_add((symbol & 15).checked_mul(1 << (4 * place))?)?;
            if symbol & 16 == 0 {
                return Some(number);
            }
            // Encodings with one symbol more begin here.
            number = number.checked_add(1_u64.checked_shl(4 * (place + 1))?)?;
        }
        None
    }

    /// The inverse of [`Writer::fixed`].
    pub(super) fn fixed(&mut self, bits: u32) -> Option<u64> {
        let mut number = 0_u64;
        for _ in 0..bits / 5 {
            number = number.checked_mul(32)? | u64::from(self.next()?);
        }
        Some(number)
    }

    /// The inverse of [`Writer::counted`].
    pub(super) fn counted(&mut self) -> Option<u64> {
        let count = u32::from(self.next()?);
        self.fixed(count * 5)
    }

    /// The inverse of [`Writer::name`].
    pub(super) fn name(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        loop {
            match self.next()? {
                END => return String::from_utf8(bytes).ok(),
                UNDERSCORE => bytes.push(b'_'),
                DIGIT => bytes.push(b'0'.checked_add(self.next()?)?),
                BYTE => bytes.push((self.next()? & 7) << 5 | self.next()?),
                letter @ 0..26 => bytes.push(b'a' + letter),
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What a checksum becomes when one symbol is wrong by `error`, `distance` symbols from the end.
    fn syndrome(distance: usize, error: u8) -> u32 {
        let mut symbols = vec![0; distance + 1];
        let right = checksum(&symbols);
        symbols[0] = error;
        let wrong = checksum(&symbols);
        right.iter().zip(wrong).fold(0, |sum, (a, b)| sum << 5 | u32::from(a ^ b))
    }

    #[test]
    fn three_wrong_symbols_change_the_checksum() {
        // Two wrong symbols: all syndromes differ. Three: none is the sum of two at other places.
        let of = |distance| (1..32).map(move |error| syndrome(distance, error));
        let all: BTreeSet<u32> = (0..200).flat_map(of).collect();
        assert_eq!(all.len(), 200 * 31);
        assert!(!all.contains(&0));
        let few: Vec<Vec<u32>> = (0..60).map(|distance| of(distance).collect()).collect();
        let known: BTreeSet<u32> = few.iter().flatten().copied().collect();
        for (i, later) in few.iter().enumerate() {
            for earlier in &few[..i] {
                // The code is linear: one of the two errors may be taken to be 1.
                let sums = later.iter().map(|error| error ^ earlier[0]);
                assert_eq!(sums.filter(|sum| known.contains(sum)).count(), 0);
            }
        }
    }

    #[test]
    fn numbers_have_one_encoding() {
        let edges = [0, 15, 16, 271, 272, 4367, 4368, u64::from(u32::MAX), u64::MAX - 1, u64::MAX];
        for number in edges {
            let mut writer = Writer::default();
            writer.number(number);
            writer.counted(number);
            let symbols = writer.into_symbols();
            let mut reader = Reader::new(&symbols);
            assert_eq!((reader.number(), reader.counted()), (Some(number), Some(number)));
            assert!(reader.is_at_end());
        }
        assert_eq!(Reader::new(&[31; 40]).number(), None);
        assert_eq!(Reader::new(&[16, 31]).number(), None);
    }
}
