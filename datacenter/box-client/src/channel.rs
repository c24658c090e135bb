//! The caller's end of TLS (P5): this server's own raw key, and exactly the one box's key.
//!
//! The box's end is `boxes/boxd`; what both must spell alike is `wire::channel`.

use crate::BoxError;
use std::sync::Arc;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls13_signature_with_raw_key,
};
use tokio_rustls::rustls::pki_types::{
    CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
};
use zeroize::Zeroizing;

/// This server's key of the channel, enrolled at the ceremony.
#[derive(Clone)]
pub struct ServerKey {
    certified: Arc<CertifiedKey>,
    public: [u8; 32],
}

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerKey(..)")
    }
}

impl ServerKey {
    /// The Ed25519 key of a 32-byte seed.
    ///
    /// # Errors
    /// [`BoxError::Key`] if the library does not take it.
    pub fn from_seed(seed: &Zeroizing<[u8; 32]>) -> Result<Self, BoxError> {
        let der = Zeroizing::new(wire::channel::pkcs8(seed));
        let key = aws_lc_rs::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(der.as_slice()))
            .map_err(|error| BoxError::Key(error.to_string()))?;
        let public = key
            .public_key()
            .and_then(|spki| wire::channel::public_of_spki(spki.as_ref()))
            .ok_or_else(|| BoxError::Key("no public key".to_owned()))?;
        let spki = CertificateDer::from(wire::channel::spki(&public));
        Ok(Self {
            certified: Arc::new(CertifiedKey::new(vec![spki], key)),
            public,
        })
    }

    /// What boxes enrol.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }
}

/// Exactly this key.
#[derive(Debug)]
struct Pinned {
    spki: Vec<u8>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if intermediates.is_empty() && end_entity.as_ref() == self.spki {
            return Ok(ServerCertVerified::assertion());
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

/// TLS 1.3 only, no resumption, no name: each connection shows both keys.
pub(crate) fn client_config(
    own: &ServerKey,
    pin: &[u8; 32],
) -> Result<Arc<ClientConfig>, BoxError> {
    let provider = aws_lc_rs::default_provider();
    let pinned = Pinned {
        spki: wire::channel::spki(pin),
        algorithms: provider.signature_verification_algorithms,
    };
    let resolver = AlwaysResolvesClientRawPublicKeys::new(own.certified.clone());
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| BoxError::Key(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pinned))
        .with_client_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![wire::channel::PROTOCOL.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    Ok(Arc::new(config))
}
