//! The replay token: one line, to be copied and pasted, that finds an execution again.
//!
//! A token is `rd1-` and then characters of Crockford's base 32 in groups of five. Each character is a
//! symbol of five bits:
//!
//! | part | symbols | what |
//! |---|---|---|
//! | length | 1 or more | how many symbols there are beside this and the fixed ones |
//! | header | 1 or more | the memory model and the kind of body |
//! | test | 4 | [`test_hash`] of the test |
//! | body | any | deviations, or a sampled execution |
//! | check | 4 | a checksum of the version and everything before it |
//!
//! The length comes first so that a token that was cut short is told from one that was mistyped. Every
//! number has one encoding only, so every execution has one token only.

mod error;
mod symbols;

pub use error::TokenError;

use symbols::{Reader, Writer};

/// How the execution of a test is found again.
///
/// ```
/// use raddle_report::token::{Body, Deviation, Token, test_hash};
///
/// let deviations = vec![Deviation { step: 2, thread: Some(1), alternative: None }];
/// let test = test_hash("bank::tests::transfer");
/// let token = Token { test, model: 1, body: Body::Deviations(deviations) };
/// let line = token.encode();
/// assert_eq!(line, "rd1-24m9h-h615f-hb");
/// assert_eq!(Token::decode(&line), Ok(token));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Which test: [`test_hash`] of its name. Only the low 20 bits are kept.
    pub test: u32,
    /// Which memory model: 0 is `sc`, 1 is `rc20`; 2 more if time is virtual.
    pub model: u8,
    /// Which execution of it.
    pub body: Body,
}

/// Which execution of a test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    /// Where the execution leaves the default policy: continue the running thread, else the one with the
    /// lowest number; the newest source; no spurious event. Steps are strictly increasing.
    Deviations(Vec<Deviation>),
    /// One execution of a sampled run.
    Sample {
        /// The name of the strategy.
        strategy: String,
        /// What its random numbers start from.
        seed: u64,
        /// Which of its executions.
        execution: u64,
    },
}

/// One decision that the default policy would not take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deviation {
    /// At which step of the execution.
    pub step: u32,
    /// The thread that runs instead of the default one.
    pub thread: Option<u32>,
    /// The alternative that is taken instead of the default one. At least one of the two is given.
    pub alternative: Option<u32>,
}

/// The bits of a [`test_hash`].
const TEST_BITS: u32 = 20;
/// The header, the test and the checksum take at least this many symbols; the length counts from here.
const FIXED: usize = 1 + 4 + symbols::CHECK;
/// A length of this much or more is taken for a mistyped one.
const LONGEST: usize = 1 << 24;
/// How many kinds of body a header tells apart; two are in use.
const KINDS: u64 = 4;

/// The hash by which a token names its test: FNV-1a, folded to 20 bits.
///
/// `name` is the path of the test without the hash of its crate, as the test harness prints it. Two tests
/// have the same hash with a probability of one in a million.
///
/// ```
/// assert!(raddle_report::token::test_hash("bank::tests::transfer") < 1 << 20);
/// ```
pub fn test_hash(name: &str) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
    let hash = name.bytes().fold(2_166_136_261, step);
    (hash >> TEST_BITS) ^ (hash & mask())
}

const fn mask() -> u32 {
    (1 << TEST_BITS) - 1
}

impl Token {
    /// The token as text: `rd1-` and lower-case groups of five, at most 16 characters if there are no
    /// deviations.
    ///
    /// # Panics
    /// If the steps of the deviations are not strictly increasing, if one gives neither a thread nor an
    /// alternative, or if there are millions of them: a wrong token would be worse than none.
    pub fn encode(&self) -> String {
        symbols::text(&self.symbols())
    }

    /// Everything after the version.
    fn symbols(&self) -> Vec<u8> {
        let mut inner = Writer::default();
        let kind = match self.body {
            Body::Deviations(_) => 0,
            Body::Sample { .. } => 1,
        };
        inner.number(u64::from(self.model) * KINDS + kind);
        inner.fixed(u64::from(self.test & mask()), TEST_BITS);
        match &self.body {
            Body::Deviations(deviations) => write_deviations(&mut inner, deviations),
            Body::Sample { strategy, seed, execution } => {
                inner.name(strategy);
                inner.counted(*seed);
                inner.counted(*execution);
            }
        }
        let inner = inner.into_symbols();
        let mut all = Writer::default();
        let beside = inner.len() + symbols::CHECK - FIXED;
        assert!(beside < LONGEST, "a token of {beside} characters cannot be read again");
        all.number(beside as u64);
        let mut all = all.into_symbols();
        all.extend(inner);
        let check = symbols::checksum(&all);
        all.extend(check);
        all
    }

    /// Reads a token.
    ///
    /// Upper case counts as lower case, `i` and `l` as `1`, `o` as `0`. Hyphens, white space and invisible
    /// characters are ignored everywhere; quotes, brackets and punctuation around the token too.
    ///
    /// # Errors
    /// [`TokenError`] says what is wrong and what to do. Up to three mistyped characters, and any damage
    /// to four neighbours, are always noticed in a token of less than a thousand characters; other damage
    /// stays unnoticed with a probability of one in a million.
    pub fn decode(text: &str) -> Result<Token, TokenError> {
        let symbols = symbols::read(text)?;
        let mut reader = Reader::new(&symbols);
        let beside = reader.number();
        let found = symbols.len();
        let wanted = match beside.map(usize::try_from) {
            Some(Ok(beside)) if beside < LONGEST => beside + FIXED + reader.position(),
            None if reader.is_at_end() => return Err(TokenError::Short { found, wanted: None }),
            _ => return Err(TokenError::Checksum),
        };
        if found < wanted {
            return Err(TokenError::Short { found, wanted: Some(wanted) });
        }
        if found > wanted {
            return Err(TokenError::Long { found, wanted });
        }
        let (before, check) = symbols.split_at(found - symbols::CHECK);
        if symbols::checksum(before) != check {
            return Err(TokenError::Checksum);
        }
        let token = read_token(&mut Reader::new(&before[reader.position()..]));
        // What was written differently than it would be written here was not written by raddle.
        token.filter(|token| token.symbols() == symbols).ok_or(TokenError::Nonsense)
    }

    /// Checks that the token is one of the test `name`.
    ///
    /// # Errors
    /// [`TokenError::OtherTest`] if it is not. Who knows the names of all tests can have the other one
    /// named by [`TokenError::among`].
    ///
    /// ```
    /// use raddle_report::token::{Body, Token, test_hash};
    /// let token = Token { test: test_hash("one"), model: 0, body: Body::Deviations(Vec::new()) };
    /// assert!(token.expect_test("one").is_ok());
    /// let error = token.expect_test("two").unwrap_err().among(["one", "two"]);
    /// assert!(error.to_string().contains("`one`"));
    /// ```
    pub fn expect_test(&self, name: &str) -> Result<(), TokenError> {
        let asked = test_hash(name);
        if asked == self.test & mask() {
            return Ok(());
        }
        let test = self.test & mask();
        Err(TokenError::OtherTest { asked: name.to_owned(), test, name: None })
    }
}

fn write_deviations(writer: &mut Writer, deviations: &[Deviation]) {
    let mut next = 0;
    for &Deviation { step, thread, alternative } in deviations {
        let step = u64::from(step);
        assert!(step >= next, "the steps of deviations must be strictly increasing");
        let which = match (thread, alternative) {
            (Some(_), None) => 0,
            (None, Some(_)) => 1,
            (Some(_), Some(_)) => 2,
            (None, None) => panic!("a deviation must give a thread or an alternative"),
        };
        writer.number((step - next) * 3 + which);
        for number in [thread, alternative].into_iter().flatten() {
            writer.number(u64::from(number));
        }
        next = step + 1;
    }
}

fn read_token(reader: &mut Reader<'_>) -> Option<Token> {
    let header = reader.number()?;
    let model = u8::try_from(header / KINDS).ok()?;
    let test = u32::try_from(reader.fixed(TEST_BITS)?).ok()?;
    let body = match header % KINDS {
        0 => Body::Deviations(read_deviations(reader)?),
        1 => Body::Sample {
            strategy: reader.name()?,
            seed: reader.counted()?,
            execution: reader.counted()?,
        },
        _ => return None,
    };
    reader.is_at_end().then_some(Token { test, model, body })
}

fn read_deviations(reader: &mut Reader<'_>) -> Option<Vec<Deviation>> {
    let mut deviations = Vec::new();
    let mut next = 0_u64;
    while !reader.is_at_end() {
        let first = reader.number()?;
        let step = next.checked_add(first / 3)?;
        let mut number = || u32::try_from(reader.number()?).ok();
        let (thread, alternative) = match first % 3 {
            0 => (Some(number()?), None),
            1 => (None, Some(number()?)),
            _ => (Some(number()?), Some(number()?)),
        };
        deviations.push(Deviation { step: u32::try_from(step).ok()?, thread, alternative });
        next = step + 1;
    }
    Some(deviations)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token with this behind its length, whose length and checksum are right.
    fn sealed(inner: &[u8]) -> String {
        let mut all = Writer::default();
        all.number((inner.len() + symbols::CHECK - FIXED) as u64);
        let mut all = all.into_symbols();
        all.extend(inner);
        all.extend(symbols::checksum(&all));
        symbols::text(&all)
    }

    #[test]
    fn a_sound_token_of_nothing_is_refused() {
        let cases: [&[u8]; 7] = [
            // A kind that does not exist, and a model that is too large.
            &[2, 0, 0, 0, 0],
            &[28, 30, 15, 0, 0, 0, 0],
            // A deviation without its thread; a thread and a step that are too large.
            &[0, 0, 0, 0, 0, 0],
            &[0, 0, 0, 0, 0, 0, 31, 31, 31, 31, 31, 31, 31, 31, 15],
            &[0, 0, 0, 0, 0, 31, 31, 31, 31, 31, 31, 31, 31, 15, 0],
            // A name without end; a seed that is written longer than needed.
            &[1, 0, 0, 0, 0, 1, 2, 3],
            &[1, 0, 0, 0, 0, 1, 29, 2, 0, 1, 0],
        ];
        for inner in cases {
            assert_eq!(Token::decode(&sealed(inner)), Err(TokenError::Nonsense), "{inner:?}");
        }
        let sound = [1, 0, 0, 0, 0, 1, 29, 1, 1, 0];
        assert!(Token::decode(&sealed(&sound)).is_ok());
    }
}
