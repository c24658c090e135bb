//! A caller's end of the channel, blocking, written apart from `box-client`.

use item::Layout;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, ClientConnection};
use rustls::crypto::{aws_lc_rs, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{
    CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme, StreamOwned,
};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use wire::limits::FRAME_MAX;
use wire::{Frame, HEADER, Reply, Request, frame_length};

#[derive(Debug)]
struct Pinned(Vec<u8>);

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if end_entity.as_ref() != self.0 {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        unreachable!("TLS 1.3 only")
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature_with_raw_key(
            message,
            &SubjectPublicKeyInfoDer::from(cert.as_ref()),
            dss,
            &aws_lc_rs::default_provider().signature_verification_algorithms,
        )
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

pub(crate) struct Peer(StreamOwned<ClientConnection, TcpStream>);

impl Peer {
    pub(crate) fn connect(address: SocketAddr, seed: u8, pin: &[u8; 32]) -> Self {
        let der = wire::channel::pkcs8(&[seed; 32]);
        let der = PrivatePkcs8KeyDer::from(der.as_slice());
        let key = aws_lc_rs::sign::any_eddsa_type(&der).unwrap();
        let spki = key.public_key().unwrap().as_ref().to_vec();
        let certified = CertifiedKey::new(vec![CertificateDer::from(spki)], key);
        Self::open(address, Some(certified), pin)
    }

    pub(crate) fn without_key(address: SocketAddr, pin: &[u8; 32]) -> Self {
        Self::open(address, None, pin)
    }

    fn open(address: SocketAddr, key: Option<CertifiedKey>, pin: &[u8; 32]) -> Self {
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned(wire::channel::spki(pin))));
        let mut config = match key {
            Some(key) => builder.with_client_cert_resolver(Arc::new(
                AlwaysResolvesClientRawPublicKeys::new(Arc::new(key)),
            )),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![wire::channel::PROTOCOL.to_vec()];
        let name = ServerName::from(address.ip());
        let tls = ClientConnection::new(Arc::new(config), name).unwrap();
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        Self(StreamOwned::new(tls, socket))
    }

    pub(crate) fn handshake(&mut self) -> io::Result<()> {
        self.0.conn.complete_io(&mut self.0.sock).map(|_| ())
    }

    /// What a refused peer could not send shows when it receives.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
        let _ = self.0.flush();
    }

    pub(crate) fn send_body(&mut self, correlation: u64, body: &[u8]) {
        let body = body.to_vec();
        self.send_raw(&Frame { correlation, body }.to_channel(FRAME_MAX).unwrap());
    }

    pub(crate) fn send(&mut self, correlation: u64, request: &Request) {
        self.send_body(correlation, &request.to_bytes());
    }

    pub(crate) fn receive(&mut self) -> io::Result<(u64, Reply)> {
        let mut header = [0; HEADER];
        self.0.read_exact(&mut header)?;
        let (correlation, length) = frame_length(&header, FRAME_MAX).unwrap();
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok((correlation, Reply::from_bytes(&body).unwrap()))
    }
}

/// Sends these bytes without TLS; whether the box closed the connection.
pub(crate) fn plain(address: SocketAddr, bytes: &[u8]) -> bool {
    let mut socket = TcpStream::connect(address).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    socket.write_all(bytes).unwrap();
    let mut rest = Vec::new();
    match socket.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
    }
}
