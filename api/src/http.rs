//! Requests to other programs over HTTP(S): the one file of this crate that names `ureq`. It blocks, so a request runs on one of
//! tokio's threads for that; its connection, sending and answer together have one time-out.
//!
//! Constraints: at most [`AT_ONCE`] requests at a time, the rest wait their turn within their own time-out; an answer of more than
//! [`ANSWER_BYTES_MAX`] is refused; redirections are not followed (a secret is in the headers); TLS is checked against the
//! system's roots; an error never holds the address, which may hold a secret.

use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Semaphore;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

const AT_ONCE: usize = 8;
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// How a request failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum HttpError {
    #[error("the address is none")]
    BadAddress,
    #[error("no answer within {0} s")]
    TimedOut(u64),
    #[error("{0}")]
    Failed(&'static str),
    #[error("its answer is larger than {ANSWER_BYTES_MAX} bytes, or broke off")]
    BadAnswer,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Clones share their connections.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    agent: ureq::Agent,
    places: Arc<Semaphore>,
    timeout: Duration,
}

impl HttpClient {
    pub fn new(timeout: Duration) -> Self {
        let found = rustls_native_certs::load_native_certs().certs;
        let roots: Vec<Certificate<'static>> = found.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&roots)).build();
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent("vtoc")
            .tls_config(tls)
            .build();
        Self { agent: config.into(), places: Arc::new(Semaphore::new(AT_ONCE)), timeout }
    }

    /// Any status is an answer.
    pub async fn send(&self, method: &str, url: &str, headers: &[(&str, String)], body: Vec<u8>) -> Result<Answer, HttpError> {
        let request =
            headers.iter().fold(ureq::http::Request::builder().method(method).uri(url), |r, (name, value)| r.header(*name, value));
        let request = request.body(body).map_err(|_| HttpError::BadAddress)?;
        let timed_out = HttpError::TimedOut(self.timeout.as_secs());
        let place = tokio::time::timeout(self.timeout, Arc::clone(&self.places).acquire_owned()).await;
        let place = place.map_err(|_| timed_out.clone())?.map_err(|_| HttpError::Failed("the central stops"))?;
        let agent = self.agent.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let _place = place;
            let mut response = agent.run(request).map_err(|error| refusal(&error, timed_out))?;
            let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec().map_err(|_| HttpError::BadAnswer)?;
            Ok(Answer { status: response.status().as_u16(), body })
        });
        asked.await.unwrap_or(Err(HttpError::Failed("the request broke")))
    }
}

fn refusal(error: &ureq::Error, timed_out: HttpError) -> HttpError {
    use ureq::Error;
    match error {
        Error::Timeout(_) => timed_out,
        Error::HostNotFound => HttpError::Failed("its host's name is not known"),
        Error::BadUri(_) | Error::Http(_) => HttpError::BadAddress,
        Error::ConnectionFailed | Error::Io(_) => HttpError::Failed("it can't be reached"),
        Error::Tls(_) | Error::Rustls(_) => {
            HttpError::Failed("its certificate is not valid for it, or not from an authority of this system")
        }
        _ => HttpError::Failed("it did not answer as HTTP does"),
    }
}
