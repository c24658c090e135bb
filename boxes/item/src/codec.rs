//! Reading and writing of layouts. Nothing here knows what a field means.

use std::fmt;

/// Why bytes are not the layout that was expected. Carries no content of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayoutError {
    /// The bytes end inside a field.
    Truncated,
    /// Bytes follow the last field.
    Trailing,
    /// The version byte is not the one that this layout has.
    Version(u8),
    /// A field holds a value outside its range, a reserved bit, or a second encoding of a value.
    Range(&'static str),
    /// A counted field is longer than its limit.
    TooLong(&'static str),
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => write!(f, "the bytes end inside a field"),
            Self::Trailing => write!(f, "bytes follow the last field"),
            Self::Version(v) => write!(f, "layout version {v} is not known here"),
            Self::Range(what) => write!(f, "{what}: value out of range"),
            Self::TooLong(what) => write!(f, "{what}: longer than its limit"),
        }
    }
}

impl std::error::Error for LayoutError {}

/// A cursor over bytes from outside. Every read is bounds-checked.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`LayoutError::Truncated`] if fewer are left.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], LayoutError> {
        let (head, tail) = self
            .rest
            .split_at_checked(count)
            .ok_or(LayoutError::Truncated)?;
        self.rest = tail;
        Ok(head)
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// [`LayoutError::Truncated`] if fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], LayoutError> {
        let (head, tail) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(LayoutError::Truncated)?;
        self.rest = tail;
        Ok(*head)
    }

    /// Bytes not read yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`LayoutError::Trailing`] if bytes are left.
    pub fn end(self) -> Result<(), LayoutError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(LayoutError::Trailing)
        }
    }
}

/// A value with exactly one encoding.
pub trait Layout: Sized {
    /// Appends the encoding.
    fn put(&self, out: &mut Vec<u8>);

    /// Reads one value and leaves the cursor behind it.
    ///
    /// # Errors
    /// Any [`LayoutError`]; the bytes are then not an encoding of any value.
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError>;

    /// Room for the encoding: its length, or a little more. A buffer that had to grow would copy and
    /// wipe what it holds each time.
    #[must_use]
    fn room(&self) -> usize {
        size_of_val(self)
    }

    /// The encoding as a new buffer.
    #[must_use]
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.room());
        self.put(&mut out);
        out
    }

    /// Reads a value that fills `bytes` exactly.
    ///
    /// # Errors
    /// Any [`LayoutError`].
    fn from_bytes(bytes: &[u8]) -> Result<Self, LayoutError> {
        let mut reader = Reader::new(bytes);
        let value = Self::get(&mut reader)?;
        reader.end()?;
        Ok(value)
    }
}

macro_rules! integers {
    ($($kind:ty),*) => {$(
        impl Layout for $kind {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
                Ok(<$kind>::from_le_bytes(reader.array()?))
            }
        }
    )*};
}
integers!(u8, u16, u32, u64);

impl Layout for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        match u8::get(reader)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(LayoutError::Range("flag")),
        }
    }
}

impl<const N: usize> Layout for [u8; N] {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        reader.array()
    }
}

/// Absent (one zero byte) or present (a one, then the value).
impl<T: Layout> Layout for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                value.put(out);
            }
        }
    }
    fn room(&self) -> usize {
        self.as_ref().map_or(0, T::room).saturating_add(1)
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        Ok(if bool::get(reader)? {
            Some(T::get(reader)?)
        } else {
            None
        })
    }
}

/// The version byte of a layout: always `V`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version<const V: u8>;

impl<const V: u8> Layout for Version<V> {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(V);
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        match u8::get(reader)? {
            found if found == V => Ok(Self),
            found => Err(LayoutError::Version(found)),
        }
    }
}

/// At most `MAX` bytes behind a u32 length.
///
/// `Debug` tells the length only: the bytes may be a request with a password in it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Bytes<const MAX: usize>(Vec<u8>);

impl<const MAX: usize> fmt::Debug for Bytes<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({} bytes)", self.0.len())
    }
}

impl<const MAX: usize> Bytes<MAX> {
    /// Takes the bytes over.
    ///
    /// # Errors
    /// [`LayoutError::TooLong`] above `MAX`.
    pub fn new(bytes: Vec<u8>) -> Result<Self, LayoutError> {
        if bytes.len() > MAX {
            return Err(LayoutError::TooLong("bytes"));
        }
        Ok(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Gives the bytes back.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }

    /// No bytes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<const MAX: usize> Layout for Bytes<MAX> {
    fn put(&self, out: &mut Vec<u8>) {
        put_length(self.0.len(), out);
        out.extend_from_slice(&self.0);
    }
    fn room(&self) -> usize {
        self.0.len().saturating_add(LENGTH_BYTES)
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        let length = get_length(reader, MAX)?;
        Ok(Self(reader.take(length)?.to_vec()))
    }
}

/// At most `MAX` values behind a u32 count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> List<T, MAX> {
    /// Takes the values over.
    ///
    /// # Errors
    /// [`LayoutError::TooLong`] above `MAX`.
    pub fn new(values: Vec<T>) -> Result<Self, LayoutError> {
        if values.len() > MAX {
            return Err(LayoutError::TooLong("list"));
        }
        Ok(Self(values))
    }

    /// The values.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// Gives the values back.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<'a, T, const MAX: usize> IntoIterator for &'a List<T, MAX> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: Layout, const MAX: usize> Layout for List<T, MAX> {
    fn put(&self, out: &mut Vec<u8>) {
        put_length(self.0.len(), out);
        for value in &self.0 {
            value.put(out);
        }
    }
    fn room(&self) -> usize {
        let values = self.0.iter().map(T::room);
        values.fold(LENGTH_BYTES, usize::saturating_add)
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        let count = get_length(reader, MAX)?;
        // A hostile count must not reserve memory that no bytes stand behind.
        let mut values = Vec::with_capacity(count.min(reader.left()));
        for _ in 0..count {
            values.push(T::get(reader)?);
        }
        Ok(Self(values))
    }
}

/// Of the length or count of a counted field.
const LENGTH_BYTES: usize = 4;

fn put_length(length: usize, out: &mut Vec<u8>) {
    // MAX is far below u32::MAX in every layout, so the fallback cannot be reached.
    u32::try_from(length).unwrap_or(u32::MAX).put(out);
}

fn get_length(reader: &mut Reader<'_>, max: usize) -> Result<usize, LayoutError> {
    let length =
        usize::try_from(u32::get(reader)?).map_err(|_| LayoutError::TooLong("counted field"))?;
    if length > max {
        return Err(LayoutError::TooLong("counted field"));
    }
    Ok(length)
}

/// A body and one signature over `tag | body`. Both suites sign with 64 bytes (P-256: r then s).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<T> {
    /// What is said.
    pub body: T,
    /// Who says it: see `verify` for the key and tag that belong to each body.
    pub signature: [u8; 64],
}

impl<T: Layout> Layout for Signed<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.body.put(out);
        self.signature.put(out);
    }
    fn room(&self) -> usize {
        self.body
            .room()
            .saturating_add(size_of_val(&self.signature))
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        Ok(Self {
            body: T::get(reader)?,
            signature: reader.array()?,
        })
    }
}

/// A body and the signatures of several enrolled keys over `tag | body`, in ascending order of
/// key id, so that one set of signatures has one encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiSigned<T> {
    /// What is said.
    pub body: T,
    /// Key id and signature, strictly ascending by key id.
    pub signatures: List<(crate::KeyId, [u8; 64]), { crate::limits::SIGNERS_MAX }>,
}

impl Layout for (crate::KeyId, [u8; 64]) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        Ok((crate::KeyId::get(reader)?, reader.array()?))
    }
}

impl<T: Layout> Layout for MultiSigned<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.body.put(out);
        self.signatures.put(out);
    }
    fn room(&self) -> usize {
        self.body.room().saturating_add(self.signatures.room())
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        let body = T::get(reader)?;
        let signatures = List::get(reader)?;
        let mut last: Option<&crate::KeyId> = None;
        for (id, _) in &signatures {
            if last.is_some_and(|l: &crate::KeyId| l >= id) {
                return Err(LayoutError::Range("order of signatures"));
            }
            last = Some(id);
        }
        Ok(Self { body, signatures })
    }
}

/// Declares a struct whose fields are its layout, in this order.
///
/// One list of fields makes type, encoder and decoder, so they cannot disagree. `Self::FIELDS`
/// names each field for tests and for the specification.
#[macro_export]
macro_rules! layout {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$fmeta:meta])* pub $field:ident : $kind:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name { $($(#[$fmeta])* pub $field: $kind,)* }

        impl $name {
            /// Field names in layout order.
            pub const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];
        }

        impl $crate::Layout for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $($crate::Layout::put(&self.$field, out);)*
            }
            fn room(&self) -> usize {
                [$($crate::Layout::room(&self.$field)),*].into_iter().fold(0, usize::saturating_add)
            }
            fn get(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::LayoutError> {
                Ok(Self { $($field: $crate::Layout::get(reader)?,)* })
            }
        }
    };
}

/// Declares a closed list of codes with stable numbers; any other number is refused.
#[macro_export]
macro_rules! codes {
    ($(#[$meta:meta])* pub enum $name:ident : $repr:ty { $($(#[$vmeta:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr($repr)]
        pub enum $name { $($(#[$vmeta])* $variant = $code,)* }

        impl $name {
            /// Every code, in ascending order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable number.
            #[must_use]
            pub const fn code(self) -> $repr {
                match self { $(Self::$variant => $code,)* }
            }

            /// The stable name, as the source spells it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }
        }

        impl $crate::Layout for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $crate::Layout::put(&self.code(), out);
            }
            fn get(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::LayoutError> {
                match <$repr as $crate::Layout>::get(reader)? {
                    $($code => Ok(Self::$variant),)*
                    _ => Err($crate::LayoutError::Range(stringify!($name))),
                }
            }
        }
    };
}

/// A record's body and its MAC under a key derived for that record.
///
/// `Debug` leaves the MAC out: whoever has an authority's may use it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed<T> {
    /// The record.
    pub body: T,
    /// HMAC-SHA-256 over `tag | box kind | epoch | subject | body`; of an authority, `tag | body`
    /// (P4).
    pub mac: [u8; 32],
}

impl<T: fmt::Debug> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sealed").field(&self.body).finish()
    }
}

impl<T: Layout> Layout for Sealed<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.body.put(out);
        self.mac.put(out);
    }
    fn room(&self) -> usize {
        self.body.room().saturating_add(size_of_val(&self.mac))
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        Ok(Self {
            body: T::get(reader)?,
            mac: reader.array()?,
        })
    }
}

/// `N` printable ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ascii<const N: usize>([u8; N]);

impl<const N: usize> Ascii<N> {
    /// Takes `N` characters from space to tilde.
    #[must_use]
    pub fn new(text: [u8; N]) -> Option<Self> {
        text.iter()
            .all(|c| (b' '..=b'~').contains(c))
            .then_some(Self(text))
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Every constructor checks for ASCII, so the fallback cannot be reached.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl<const N: usize> Layout for Ascii<N> {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        Self::new(reader.array()?).ok_or(LayoutError::Range("text"))
    }
}
