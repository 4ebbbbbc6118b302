//! A line of a CSV file (RFC 4180), read by the `csv` crate, and what people's files are instead.
//!
//! A record is a line: no field holds a line break.

use csv::ReaderBuilder;

/// What a line is instead of CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotCsv {
    /// Fields with semicolons between, as spreadsheets of many countries write them.
    #[error("the fields seem to be separated by semicolons; save the file with commas between them")]
    Semicolons,
    /// A quote without its other one on the line.
    #[error("a quote is not closed on its line; a field begins and ends with one, and inside one is doubled")]
    OpenQuote,
}

/// The fields of a line without their quotes, with the spaces around them.
///
/// Errors: [`NotCsv`].
pub fn fields(line: &str) -> Result<Vec<String>, NotCsv> {
    // An amount may hold a comma, as it does where semicolons separate.
    let (commas, semicolons) = (line.matches(',').count(), line.matches(';').count());
    if semicolons > 1 && semicolons > commas && !line.contains('"') {
        return Err(NotCsv::Semicolons);
    }
    // A quoted field may hold a quote only doubled.
    if is_open(line) {
        return Err(NotCsv::OpenQuote);
    }
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
    let record = reader.records().next().and_then(Result::ok).unwrap_or_default();
    Ok(record.iter().map(str::to_owned).collect())
}

/// Whether a field that begins with a quote has no end.
fn is_open(line: &str) -> bool {
    let (mut in_quotes, mut at_start) = (false, true);
    let mut signs = line.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if in_quotes && signs.peek() == Some(&'"') => drop(signs.next()),
            '"' if in_quotes => in_quotes = false,
            '"' if at_start => in_quotes = true,
            ',' if !in_quotes => {
                at_start = true;
                continue;
            }
            _ => {}
        }
        at_start = false;
    }
    in_quotes
}

/// Whether a number is written as a spreadsheet writes one that it has rounded: `1.23457E+15`.
#[must_use]
pub fn is_rounded(number: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    number.split_once(['e', 'E']).is_some_and(|(digits, exponent)| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        is_digits(&digits.replacen(['.', ','], "", 1)) && is_digits(exponent)
    })
}

/// Whether fields are the names of columns: words without a digit.
#[must_use]
pub fn is_header(fields: &[String]) -> bool {
    let is_word = |field: &String| {
        let letters = field.chars().filter(|sign| sign.is_alphabetic()).count();
        letters > 1 && !field.chars().any(char::is_numeric)
    };
    fields.len() > 1 && fields.iter().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_no_part_of_a_field() {
        let read = |line: &str| fields(line).unwrap();
        assert_eq!(read("a, 1234 ,1.00"), ["a", " 1234 ", "1.00"]);
        assert_eq!(read("\"a\",\"x, y\",\"say \"\"so\"\"\""), ["a", "x, y", "say \"so\""]);
        assert_eq!(read("a,5\" screen"), ["a", "5\" screen"]);
        assert_eq!(read("a,,"), ["a", "", ""]);
        for open in ["\"a,b", "a,\"b", "a,\"b\"\""] {
            assert_eq!(fields(open), Err(NotCsv::OpenQuote), "{open}");
        }
        for line in ["a;1234;1,00", "a;1234;100"] {
            assert_eq!(fields(line), Err(NotCsv::Semicolons));
        }
    }

    #[test]
    fn numbers_that_a_spreadsheet_has_rounded_are_known() {
        for rounded in ["1.23457E+15", "1E5", "1,2e+07", "5.0e-3"] {
            assert!(is_rounded(rounded), "{rounded}");
        }
        for other in ["1.23", "E+15", "1E", "1.2.3E5", "account", "1E+1a"] {
            assert!(!is_rounded(other), "{other}");
        }
    }

    #[test]
    fn names_of_columns_are_words_without_digits() {
        let header = |line: &str| is_header(&fields(line).unwrap());
        assert!(header("account, PIN, balance") && header("\"Kontonummer\",\"Geheimzahl\",\"Stand\""));
        assert!(!header("ac-1, 1234, 1.00") && !header("anna, 1234, one") && !header("account"));
    }
}
