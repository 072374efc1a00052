//! Messages of the Postgres protocol, version 3: a type byte, a length that counts itself, a body. The first messages of
//! a client have no type byte. Source: PostgreSQL documentation, "Message Formats".

use tokio::io::{AsyncRead, AsyncReadExt};

/// Asks for TLS, which is answered with one byte.
const SSL_REQUEST: u32 = 80_877_103;
/// The same for GSSAPI.
const GSS_REQUEST: u32 = 80_877_104;

/// A message as it stands on the wire.
pub struct Frame {
    pub kind: u8,
    bytes: Vec<u8>,
}

impl Frame {
    /// Everything, to be passed on.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What comes after the length.
    pub fn body(&self) -> &[u8] {
        &self.bytes[5..]
    }

    /// The texts a body begins with, each ended by a zero byte.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.body()
            .split(|byte| *byte == 0)
            .map(|text| std::str::from_utf8(text).unwrap_or_default())
    }

    /// The next message.
    pub async fn read(from: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Self> {
        let mut bytes = vec![0; 5];
        from.read_exact(&mut bytes).await?;
        let length = u32::from_be_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]) as usize;
        bytes.resize(length + 1, 0);
        from.read_exact(&mut bytes[5..]).await?;
        Ok(Self {
            kind: bytes[0],
            bytes,
        })
    }
}

/// The first message of a client.
pub struct Opening {
    pub bytes: Vec<u8>,
    /// Whether it asks for an encrypted connection, and waits for one byte before it says more.
    pub asks_for_encryption: bool,
}

impl Opening {
    pub async fn read(from: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Self> {
        let mut bytes = vec![0; 8];
        from.read_exact(&mut bytes).await?;
        let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let (length, code) = (number(0) as usize, number(4));
        bytes.resize(length.max(8), 0);
        from.read_exact(&mut bytes[8..]).await?;
        Ok(Self {
            bytes,
            asks_for_encryption: matches!(code, SSL_REQUEST | GSS_REQUEST),
        })
    }
}
