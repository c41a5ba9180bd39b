//! A point on the map.

use std::fmt;

use super::Text;

/// A point on the map with its description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// From -90 to 90.
    pub latitude: Coordinate,
    /// From -180 to 180.
    pub longitude: Coordinate,
    /// The place's name.
    pub name: Option<Text>,
    /// The place's address.
    pub address: Option<Text>,
}

/// An angle in decimal degrees. `Debug` hides it, because it may be the customer's home.
#[derive(Clone, PartialEq, Eq)]
pub struct Coordinate(String);

/// Why a coordinate cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a number from -{limit} to {limit}")]
pub struct InvalidCoordinate {
    limit: u16,
}

impl Coordinate {
    /// Reads decimal degrees from minus to plus `limit`, with a decimal point or comma. The same angle has one spelling.
    pub fn parse(value: &str, limit: u16) -> Result<Self, InvalidCoordinate> {
        let text = value.trim().replace(',', ".").replace('\u{2212}', "-");
        match text.parse::<f64>() {
            // Not a number compares as false.
            Ok(degrees) if degrees.abs() <= f64::from(limit) => Ok(Self(degrees.to_string())),
            _ => Err(InvalidCoordinate { limit }),
        }
    }

    /// The angle as sent to the provider.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Coordinate([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coordinate_is_a_plain_number_within_its_limit() {
        for (value, read) in [
            ("48.2082", "48.2082"),
            (" -16,3738 ", "-16.3738"),
            ("90", "90"),
            ("+1.50", "1.5"),
            ("\u{2212}0.000001", "-0.000001"),
            ("1e1", "10"),
        ] {
            assert_eq!(Coordinate::parse(value, 90).unwrap().as_str(), read);
        }
        for value in ["", "90.1", "NaN", "inf", "48\u{b0} 12'", "1.2.3"] {
            assert!(Coordinate::parse(value, 90).is_err(), "{value}");
        }
    }
}
