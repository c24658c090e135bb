//! The box's end of TLS (P5): its own raw key, and exactly the enrolled servers' keys.
//!
//! Not here: threads and frames. The caller's end is `datacenter/box-client`; what both must spell
//! alike is `wire::channel`.

use crate::BoxdError;
use keeper::Caller;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig,
    SignatureScheme,
};
use std::sync::Arc;
use wire::limits::CALLERS_MAX;
use zeroize::Zeroizing;

/// The box's own key of the channel.
#[derive(Clone)]
pub struct ChannelKey {
    certified: Arc<CertifiedKey>,
    public: [u8; 32],
}

impl std::fmt::Debug for ChannelKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChannelKey(..)")
    }
}

impl ChannelKey {
    /// The Ed25519 key of a 32-byte seed.
    ///
    /// # Errors
    /// [`BoxdError::Channel`] if the library does not take it.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, BoxdError> {
        let der = Zeroizing::new(wire::channel::pkcs8(seed));
        let key = aws_lc_rs::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(der.as_slice()))
            .map_err(BoxdError::Channel)?;
        let public = key
            .public_key()
            .and_then(|spki| wire::channel::public_of_spki(spki.as_ref()))
            .ok_or_else(|| BoxdError::Channel(Error::General("no public key".into())))?;
        let spki = CertificateDer::from(wire::channel::spki(&public));
        Ok(Self {
            certified: Arc::new(CertifiedKey::new(vec![spki], key)),
            public,
        })
    }

    /// What callers pin.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }
}

/// Exactly these servers; the place in the list is the [`Caller`].
#[derive(Debug)]
pub(crate) struct Enrolled {
    servers: Vec<[u8; 32]>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Enrolled {
    pub(crate) fn new(servers: Vec<[u8; 32]>) -> Result<Self, BoxdError> {
        if servers.is_empty() {
            return Err(BoxdError::Servers("none; nobody could ask this box"));
        }
        if servers.len() > CALLERS_MAX {
            return Err(BoxdError::Servers("more than one box serves"));
        }
        let twice = |(at, key)| servers.iter().take(at).any(|earlier| earlier == key);
        if servers.iter().enumerate().any(twice) {
            return Err(BoxdError::Servers("one key is listed twice"));
        }
        Ok(Self {
            servers,
            algorithms: aws_lc_rs::default_provider().signature_verification_algorithms,
        })
    }

    /// Whose key this is, if it is enrolled.
    pub(crate) fn caller(&self, spki: &[u8]) -> Option<Caller> {
        let public = wire::channel::public_of_spki(spki)?;
        self.servers
            .iter()
            .position(|server| *server == public)
            .map(Caller)
    }
}

impl ClientCertVerifier for Enrolled {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if intermediates.is_empty() && self.caller(end_entity).is_some() {
            return Ok(ClientCertVerified::assertion());
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.3 only".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let spki = SubjectPublicKeyInfoDer::from(cert.as_ref());
        verify_tls13_signature_with_raw_key(message, &spki, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// TLS 1.3 only, no resumption: each connection shows both keys.
pub(crate) fn server_config(
    key: &ChannelKey,
    enrolled: Arc<Enrolled>,
) -> Result<Arc<ServerConfig>, BoxdError> {
    let provider: CryptoProvider = aws_lc_rs::default_provider();
    let resolver = AlwaysResolvesServerRawPublicKeys::new(key.certified.clone());
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(BoxdError::Channel)?
        .with_client_cert_verifier(enrolled)
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![wire::channel::PROTOCOL.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}
