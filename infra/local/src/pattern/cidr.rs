//! The `cidr` operator: IPv4 and IPv6 addresses and blocks as hexadecimal digits. The service compares digit by digit and
//! stops as soon as the value is certainly inside the block, without looking at the IP version; so an IPv6 address may lie
//! in an IPv4 block.

use std::net::Ipv6Addr;

/// An IP address of eight or thirty-two hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    digits: [u8; 32],
    length: usize,
}

/// All addresses from the lowest to the highest, both of one IP version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CidrBlock {
    lowest: Address,
    highest: Address,
}

/// The reason why a block is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CidrProblem {
    #[error("one slash is required")]
    Slash,
    #[error("the number of bits must be an integer")]
    Bits,
    #[error("there is no address before the slash")]
    Address,
    #[error("an {version} block has at most {limit} bits")]
    TooManyBits { version: &'static str, limit: usize },
}

impl CidrProblem {
    /// The sentence of the service about this block.
    pub(super) fn service_reason(self, block: &str) -> String {
        let address = || block.split('/').next().unwrap_or_default();
        match self {
            Self::Slash => "Malformed CIDR, one '/' required".to_owned(),
            Self::Bits => "Malformed CIDR, mask bits must be an integer".to_owned(),
            Self::Address => format!("Nonstandard IP address: {}", address()),
            Self::TooManyBits { version, limit } => format!("{version} mask bits must be < {}", limit + 1),
        }
    }
}

impl Address {
    /// Parses an address; none if the text is not one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        parse_bytes(text).map(|bytes| Self::from_bytes(&bytes))
    }

    /// Returns the digits from left to right.
    pub(super) fn digits(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or_default()
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let mut digits = [b'0'; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0xf)]);
        }
        Self { digits, length: bytes.len() * 2 }
    }
}

impl CidrBlock {
    /// A block of one address.
    pub(super) fn single(address: Address) -> Self {
        Self { lowest: address, highest: address }
    }

    /// Parses an address, a slash and the number of bits of the network prefix.
    pub(super) fn parse(text: &str) -> Result<Self, CidrProblem> {
        let (address, bits) = text.split_once('/').ok_or(CidrProblem::Slash)?;
        let bits: usize = bits.parse().map_err(|_| CidrProblem::Bits)?;
        let bytes = parse_bytes(address).ok_or(CidrProblem::Address)?;
        match bytes.len() {
            4 if bits > 31 => Err(CidrProblem::TooManyBits { version: "IPv4", limit: 31 }),
            16 if bits > 127 => Err(CidrProblem::TooManyBits { version: "IPv6", limit: 127 }),
            _ => Ok(Self::from_prefix(&bytes, bits)),
        }
    }

    fn from_prefix(bytes: &[u8], bits: usize) -> Self {
        let free = |position: usize| {
            let shared = bits.saturating_sub(position * 8).min(8);
            let [_, free] = (0xff_u16 >> shared).to_be_bytes();
            free
        };
        let lowest: Vec<_> = (0..).zip(bytes).map(|(position, byte)| byte & !free(position)).collect();
        let highest: Vec<_> = (0..).zip(bytes).map(|(position, byte)| byte | free(position)).collect();
        Self { lowest: Address::from_bytes(&lowest), highest: Address::from_bytes(&highest) }
    }

    /// Compares digit by digit and returns whether the address is inside the block.
    pub(super) fn contains(&self, digits: &[u8]) -> bool {
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

fn parse_bytes(text: &str) -> Option<Vec<u8>> {
    if !text.contains(':') {
        return parse_ipv4(text).map(|bytes| bytes.to_vec());
    }
    if text.contains('.') {
        return None; // The service does not accept the mixed notation.
    }
    let address: Ipv6Addr = text.parse().ok()?;
    Some(match address.to_ipv4_mapped() {
        Some(short) => short.octets().to_vec(),
        None => address.octets().to_vec(),
    })
}

// Unlike the standard library, the service accepts leading zeros.
fn parse_ipv4(text: &str) -> Option<[u8; 4]> {
    if text.len() > 15 {
        return None;
    }
    let mut parts = text.split('.');
    let mut bytes = [0; 4];
    for byte in &mut bytes {
        let part = parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
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
