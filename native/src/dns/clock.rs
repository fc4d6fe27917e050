//! The time that signatures and caches are judged by: the system's, moved by an offset that only tests set.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use hickory_net::runtime::{RuntimeProvider, Time, TokioRuntimeProvider, TokioTime};

use super::lookup::Lookup;

/// Milliseconds since the epoch.
pub type Millis = i64;

/// One clock for RRSIG validity, for every cache and for `validUntil`.
#[derive(Debug, Default)]
pub struct Clock {
    offset: AtomicI64,
}

impl Clock {
    pub fn with_offset(offset: Millis) -> Self {
        Self {
            offset: AtomicI64::new(offset),
        }
    }

    pub fn now(&self) -> Millis {
        let system = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        (system.as_millis() as Millis).saturating_add(self.offset.load(Ordering::Relaxed))
    }

    /// Seconds since the epoch, as RRSIGs count them.
    pub fn seconds(&self) -> u64 {
        self.now().max(0) as u64 / 1000
    }

    pub fn move_to_offset(&self, offset: Millis) {
        self.offset.store(offset, Ordering::Relaxed);
    }
}

/// hickory reads the time through a static method of its runtime: the lookup in whose task it runs brings the clock.
#[derive(Clone, Copy, Debug)]
pub struct LookupTime;

#[async_trait]
impl Time for LookupTime {
    async fn delay_for(duration: Duration) {
        TokioTime::delay_for(duration).await
    }

    async fn timeout<F: 'static + Future + Send>(
        duration: Duration,
        future: F,
    ) -> Result<F::Output, io::Error> {
        TokioTime::timeout(duration, future).await
    }

    fn current_time() -> u64 {
        Lookup::try_current().map_or_else(
            || Clock::default().seconds(),
            |lookup| lookup.clock.seconds(),
        )
    }
}

/// Tokio's runtime with the lookup's clock.
#[derive(Clone, Default)]
pub struct LookupRuntime(TokioRuntimeProvider);

impl RuntimeProvider for LookupRuntime {
    type Handle = <TokioRuntimeProvider as RuntimeProvider>::Handle;
    type Timer = LookupTime;
    type Udp = <TokioRuntimeProvider as RuntimeProvider>::Udp;
    type Tcp = <TokioRuntimeProvider as RuntimeProvider>::Tcp;

    fn create_handle(&self) -> Self::Handle {
        self.0.create_handle()
    }

    fn connect_tcp(
        &self,
        server: SocketAddr,
        bind: Option<SocketAddr>,
        timeout: Option<Duration>,
    ) -> Pin<Box<dyn Send + Future<Output = Result<Self::Tcp, io::Error>>>> {
        self.0.connect_tcp(server, bind, timeout)
    }

    fn bind_udp(
        &self,
        local: SocketAddr,
        server: SocketAddr,
    ) -> Pin<Box<dyn Send + Future<Output = Result<Self::Udp, io::Error>>>> {
        self.0.bind_udp(local, server)
    }
}
