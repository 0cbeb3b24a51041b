use std::fs;
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

/// Name under which clients see the development CA.
const CA_NAME: &str = "shiren development CA (this machine only)";
/// How long the development CA is valid.
const CA_VALIDITY: Duration = Duration::days(3650);
/// How long the certificate is valid that each start makes anew.
const LEAF_VALIDITY: Duration = Duration::days(397);

/// Why there is no TLS.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("cannot {action} {path}: {reason}")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What was said.
        reason: String,
    },
    /// Certificate and key do not fit, or are of a kind that is not supported.
    #[error("the certificate and the key cannot be used: {0}")]
    Pair(#[from] rustls::Error),
    /// A development certificate cannot be made.
    #[error("cannot make a development certificate: {0}")]
    Make(#[from] rcgen::Error),
}

/// TLS 1.2 and 1.3 with a certificate chain and a private key from PEM files.
pub fn server_config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| file_error("read a certificate from", certificate, &e))?;
    if chain.is_empty() {
        return Err(file_error("find a certificate in", certificate, &"it holds no PEM section CERTIFICATE"));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|e| file_error("read a private key from", key, &e))?;
    config(chain, key)
}

fn config(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn file_error(action: &'static str, path: &Path, reason: &dyn std::fmt::Display) -> TlsError {
    TlsError::File { action, path: path.to_owned(), reason: reason.to_string() }
}

/// A certificate for trying HTTPS out, signed by a CA that lies in a folder and stays the same over restarts, so that an SDK
/// can be told to trust it. The certificate itself is made anew at every start.
pub struct DevelopmentCertificate {
    /// TLS with that certificate.
    pub config: Arc<ServerConfig>,
    /// The CA's certificate, for clients to trust.
    pub ca_file: PathBuf,
}

impl DevelopmentCertificate {
    /// Loads the CA from `folder`, or makes it there, and signs a certificate for `localhost`, the loopback addresses, and
    /// `names` (host names and addresses).
    pub fn obtain(folder: &Path, names: &[String]) -> Result<Self, TlsError> {
        let (ca_file, key_file) = (folder.join("ca.pem"), folder.join("ca.key"));
        if !ca_file.exists() || !key_file.exists() {
            make_ca(folder, &ca_file, &key_file)?;
        }
        let key_pem = fs::read_to_string(&key_file).map_err(|e| file_error("read the CA's key from", &key_file, &e))?;
        let ca_key = KeyPair::from_pem(&key_pem)?;
        let issuer = Issuer::new(ca_params(), ca_key);

        let mut all = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        all.extend(names.iter().filter(|name| !is_unspecified(name)).cloned());
        let mut params = CertificateParams::new(all)?;
        params.distinguished_name = named("shiren");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        valid_for(&mut params, LEAF_VALIDITY);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &issuer)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(Self { config: config(vec![certificate.der().clone()], key)?, ca_file })
    }
}

/// `0.0.0.0` and `::` are listened on, but nobody calls them.
fn is_unspecified(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified())
}

fn ca_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(CA_NAME);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid_for(&mut params, CA_VALIDITY);
    params
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// From yesterday on, since clocks differ.
fn valid_for(params: &mut CertificateParams, validity: Duration) {
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(1);
    params.not_after = now + validity;
}

/// Makes key and certificate of the CA in `folder`. Of two processes that do this at once, one wins and both go on with its
/// pair: the folder appears by one rename.
fn make_ca(folder: &Path, ca_file: &Path, key_file: &Path) -> Result<(), TlsError> {
    let key = KeyPair::generate()?;
    let certificate = ca_params().self_signed(&key)?;
    let fresh = folder.with_extension(format!("new-{}", std::process::id()));
    let failed = |e: io::Error| file_error("write", &fresh, &e);
    fs::DirBuilder::new().recursive(true).mode(0o755).create(&fresh).map_err(failed)?;
    let write = |name: &str, mode: u32, text: &str| -> io::Result<()> {
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(fresh.join(name))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write("ca.key", 0o600, &key.serialize_pem()).map_err(failed)?;
    write("ca.pem", 0o644, &certificate.pem()).map_err(failed)?;
    if fs::rename(&fresh, folder).is_ok() {
        return Ok(());
    }
    // Somebody else was faster, or half a pair lies there, which nobody can use.
    if !(ca_file.exists() && key_file.exists()) {
        fs::rename(fresh.join("ca.key"), key_file).map_err(failed)?;
        fs::rename(fresh.join("ca.pem"), ca_file).map_err(failed)?;
    }
    fs::remove_dir_all(&fresh).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ca_stays_and_the_certificate_is_made_anew() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("tls");
        let names = ["shiren.example".to_owned(), "0.0.0.0".to_owned()];
        let first = DevelopmentCertificate::obtain(&folder, &names).unwrap();
        let ca = fs::read(&first.ca_file).unwrap();
        let second = DevelopmentCertificate::obtain(&folder, &names).unwrap();
        assert_eq!(fs::read(&second.ca_file).unwrap(), ca);
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.join("ca.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }

    #[test]
    fn half_a_pair_is_replaced_and_garbage_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("tls");
        DevelopmentCertificate::obtain(&folder, &[]).unwrap();
        fs::remove_file(folder.join("ca.pem")).unwrap();
        DevelopmentCertificate::obtain(&folder, &[]).unwrap();
        assert!(folder.join("ca.pem").exists());
        let garbage = home.path().join("garbage.pem");
        fs::write(&garbage, "garbage").unwrap();
        let error = server_config(&garbage, &garbage).unwrap_err().to_string();
        assert!(error.contains("garbage.pem"), "{error}");
    }
}
