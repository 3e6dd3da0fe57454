//! Addresses and blocks of addresses, versions 4 and 6, as rows of hexadecimal digits.
//! The service walks along the digits and stops as soon as they are surely inside a block,
//! without asking what kind of row it is; so a long row may lie in a block of short ones.

#[cfg(test)]
mod tests;

use std::net::Ipv6Addr;

/// An address: eight or thirty-two digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    digits: [u8; 32],
    length: usize,
}

/// All addresses from the lowest to the highest, which are of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    lowest: Address,
    highest: Address,
}

impl Address {
    /// Reads an address; none if the text is something else.
    pub(super) fn read(text: &str) -> Option<Self> {
        match bytes(text)? {
            Bytes::V4(bytes) => Some(Self::of(&bytes)),
            Bytes::V6(bytes) => Some(Self::of(&bytes)),
        }
    }

    /// The digits from left to right.
    pub(super) fn digits(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or_default()
    }

    fn of(bytes: &[u8]) -> Self {
        let mut digits = [b'0'; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0xf)]);
        }
        Self { digits, length: bytes.len() * 2 }
    }
}

impl Block {
    /// The block that holds one address.
    pub(super) fn one(address: Address) -> Self {
        Self { lowest: address, highest: address }
    }

    /// Reads an address, a slash and the number of bits that all addresses share.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        let (address, bits) = text.split_once('/').ok_or("one slash is required")?;
        let bits: usize = bits.parse().map_err(|_| "the number of bits must be an integer")?;
        match bytes(address).ok_or("there is no address before the slash")? {
            Bytes::V4(_) if bits > 31 => Err("an IPv4 block has at most 31 bits"),
            Bytes::V6(_) if bits > 127 => Err("an IPv6 block has at most 127 bits"),
            Bytes::V4(bytes) => Ok(Self::around(&bytes, bits)),
            Bytes::V6(bytes) => Ok(Self::around(&bytes, bits)),
        }
    }

    fn around(bytes: &[u8], bits: usize) -> Self {
        let free = |position: usize| {
            let shared = bits.saturating_sub(position * 8).min(8);
            let [_, free] = (0xff_u16 >> shared).to_be_bytes();
            free
        };
        let lowest: Vec<_> = (0..).zip(bytes).map(|(position, byte)| byte & !free(position)).collect();
        let highest: Vec<_> = (0..).zip(bytes).map(|(position, byte)| byte | free(position)).collect();
        Self { lowest: Address::of(&lowest), highest: Address::of(&highest) }
    }

    /// Does the walk along these digits end inside the block?
    pub(super) fn holds(&self, digits: &[u8]) -> bool {
        let (mut at_lowest, mut at_highest) = (true, true);
        let ends = self.lowest.digits().iter().zip(self.highest.digits());
        for (digit, (lowest, highest)) in digits.iter().zip(ends) {
            if !matches!(digit, b'0'..=b'9' | b'A'..=b'F') {
                return false;
            }
            if (!at_lowest || digit > lowest) && (!at_highest || digit < highest) {
                return true;
            }
            at_lowest &= digit == lowest;
            at_highest &= digit == highest;
            if !at_lowest && !at_highest {
                return false;
            }
        }
        digits.len() >= self.lowest.length
    }
}

enum Bytes {
    V4([u8; 4]),
    V6([u8; 16]),
}

fn bytes(text: &str) -> Option<Bytes> {
    if !text.contains(':') {
        return four_bytes(text).map(Bytes::V4);
    }
    if text.contains('.') {
        return None; // The service does not read the mixed spelling.
    }
    let address: Ipv6Addr = text.parse().ok()?;
    Some(match address.to_ipv4_mapped() {
        Some(short) => Bytes::V4(short.octets()),
        None => Bytes::V6(address.octets()),
    })
}

// Other than the standard library the service takes leading zeros.
fn four_bytes(text: &str) -> Option<[u8; 4]> {
    if text.len() > 15 {
        return None;
    }
    let mut parts = text.split('.');
    let mut bytes = [0; 4];
    for byte in &mut bytes {
        let part = parts.next().filter(|part| part.bytes().all(|letter| letter.is_ascii_digit()))?;
        *byte = part.parse().ok()?;
    }
    parts.next().is_none().then_some(bytes)
}

fn digit(value: u8) -> u8 {
    match value {
        0..10 => b'0' + value,
        _ => b'A' + (value - 10),
    }
}
