//! Our identities, and the TLS parameters of protocol.md 6.1.
use super::certificate;
use super::verifier::{Possession, Shown};
use rustls::client::{Resumption, danger::ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ServerConfig};
use std::sync::Arc;

const ALPN: &[u8] = b"xmpp-server";

/// One certificate of ours with the names in it.
#[derive(Debug)]
struct Identity {
    names: Vec<String>,
    /// The first DNS name, to show.
    dns: Option<String>,
    key: Arc<CertifiedKey>,
}

impl Identity {
    fn carries(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }
}

/// All identities, the first is the default, and what every handshake shares.
#[derive(Debug)]
pub struct Context {
    identities: Arc<Vec<Identity>>,
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    possession: Arc<Possession>,
}

impl Context {
    /// Each entry is a PEM text with a chain, leaf first, and its private key.
    pub fn new<'a>(pems: impl Iterator<Item = &'a [u8]>) -> Result<Context, String> {
        let provider = Arc::new(ring::default_provider());
        let identities = pems
            .enumerate()
            .map(|(n, pem)| identity(&provider, pem).map_err(|why| format!("{n}: {why}")))
            .collect::<Result<Vec<_>, _>>()?;
        if identities.is_empty() {
            return Err("no certificate".into());
        }
        let possession = Arc::new(Possession(provider.clone()));
        Ok(Context {
            identities: Arc::new(identities),
            server: Arc::new(server_config(provider.clone(), possession.clone())?),
            client: Arc::new(client_config(
                provider,
                Arc::new(Shown::new(possession.clone())),
            )?),
            possession,
        })
    }
}

/// Which of our certificates one connection shows (protocol.md 6.3, TLS-22).
#[derive(Debug)]
pub struct Choice {
    identities: Arc<Vec<Identity>>,
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    preferred: Option<String>,
    shown: Arc<Shown>,
}

impl Choice {
    pub fn new(context: &Context, preferred: Option<&str>) -> Choice {
        Choice {
            identities: context.identities.clone(),
            server: context.server.clone(),
            client: context.client.clone(),
            preferred: preferred.map(str::to_ascii_lowercase),
            shown: Arc::new(Shown::new(context.possession.clone())),
        }
    }

    /// For a handshake as server.
    pub fn server_config(self: &Arc<Choice>) -> Arc<ServerConfig> {
        let mut config = ServerConfig::clone(&self.server);
        config.cert_resolver = self.clone();
        Arc::new(config)
    }

    /// For a handshake as client, always with a certificate (dna-01 5; TLS-26).
    pub fn client_config(self: &Arc<Choice>) -> Arc<ClientConfig> {
        let mut config = ClientConfig::clone(&self.client);
        let key = self.by(None).key.clone();
        config
            .dangerous()
            .set_certificate_verifier(self.shown.clone());
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(key));
        Arc::new(config)
    }

    /// The first DNS name of the certificate that is shown when the peer asks for `sni`.
    pub fn shown(&self, sni: Option<&str>) -> Option<&str> {
        self.by(sni).dns.as_deref()
    }

    /// What the server stapled to its certificate.
    pub fn staple(&self) -> &[u8] {
        self.shown.staple()
    }

    /// By SNI, then the preferred one, then the default.
    fn by(&self, sni: Option<&str>) -> &Identity {
        let sni = sni.map(str::to_ascii_lowercase);
        let names = [sni.as_deref(), self.preferred.as_deref()];
        let mut names = names.into_iter().flatten();
        let found = names.find_map(|name| self.named(name));
        found.unwrap_or(&self.identities[0])
    }

    /// The one with this very name, else one with a wildcard for it.
    fn named(&self, name: &str) -> Option<&Identity> {
        let with = |name: &str| self.identities.iter().find(|i| i.carries(name));
        let parent = name.split_once('.').map(|(_, rest)| rest);
        with(name).or_else(|| with(&format!("*.{}", parent?)))
    }
}

impl ResolvesServerCert for Choice {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.by(hello.server_name()).key.clone())
    }
}

/// Until a connection has made its choice.
#[derive(Debug)]
struct Nobody;

impl ResolvesServerCert for Nobody {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        None
    }
}

fn identity(provider: &CryptoProvider, pem: &[u8]) -> Result<Identity, String> {
    let chain = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| format!("the certificate chain cannot be read: {e}"))?;
    let leaf = chain.first().ok_or("there is no certificate in the file")?;
    let facts = certificate::facts(leaf).ok_or("the certificate is malformed")?;
    let key = PrivateKeyDer::from_pem_slice(pem)
        .map_err(|e| format!("the private key cannot be read: {e}"))?;
    let key = CertifiedKey::from_der(chain, key, provider)
        .map_err(|e| format!("the private key does not fit the certificate: {e}"))?;
    let dns = facts.identifiers.iter().find(|i| i.kind == "dns");
    Ok(Identity {
        dns: dns.map(|i| i.name.clone()),
        names: facts.identifiers.into_iter().map(|i| i.name).collect(),
        key: Arc::new(key),
    })
}

fn server_config(
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ClientCertVerifier>,
) -> Result<ServerConfig, String> {
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(Nobody));
    config.alpn_protocols = vec![ALPN.to_vec()];
    // No resumption, no early data: a session never outlives its certificate's judgement (6.1).
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    config.require_ems = true;
    Ok(config)
}

fn client_config(
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<ClientConfig, String> {
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    config.require_ems = true;
    Ok(config)
}
