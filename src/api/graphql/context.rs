//! What a resolver knows of its request.

use async_graphql::{Context, dataloader::DataLoader};

use super::{error::Error, loaders::Reader};
use crate::services::{Services, caller::Caller};

/// One request: who asks, under which id, and the loaders that live as long as it does.
pub struct RequestContext {
    pub services: Services,
    pub caller: Caller,
    pub request_id: String,
    loader: DataLoader<Reader>,
}

impl RequestContext {
    /// The context of a new request. Loaders are never shared between requests, so neither are rows between callers.
    pub fn new(services: Services, caller: Caller, request_id: String) -> Self {
        let reader = Reader { store: services.store.clone(), scope: caller.scope() };
        let loader = DataLoader::new(reader, tokio::spawn).delay(std::time::Duration::from_micros(200));
        Self { services, caller, request_id, loader }
    }
}

/// Typed access to the request.
pub(super) trait ContextExt {
    fn request(&self) -> Result<&RequestContext, Error>;

    fn services(&self) -> Result<&Services, Error> {
        Ok(&self.request()?.services)
    }

    fn caller(&self) -> Result<&Caller, Error> {
        Ok(&self.request()?.caller)
    }

    fn loader(&self) -> Result<&DataLoader<Reader>, Error> {
        Ok(&self.request()?.loader)
    }
}

impl ContextExt for Context<'_> {
    fn request(&self) -> Result<&RequestContext, Error> {
        self.data::<RequestContext>().map_err(|_| Error::Internal("a request without a context".into()))
    }
}
