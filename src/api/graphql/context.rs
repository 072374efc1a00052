//! What a resolver knows of its request.

use std::time::Duration;

use async_graphql::{Context, dataloader::DataLoader};

use super::{batches::Batches, error::Error, loaders::Reader};
use crate::services::{Services, caller::Caller};

/// One request: who asks, under which id, and the loaders that live as long as it does.
pub struct RequestContext {
    pub services: Services,
    pub caller: Caller,
    pub request_id: String,
    batches: Batches,
    loader: DataLoader<Reader>,
}

impl RequestContext {
    /// The context of a new request. Loaders are never shared between requests, so neither are rows between callers.
    pub fn new(services: Services, caller: Caller, request_id: String) -> Self {
        let reader = Reader {
            store: services.store.clone(),
            scope: caller.scope(),
        };
        let batches = Batches::default();
        let added = batches.clone();
        let loader = DataLoader::new(reader, move |load| added.add(load)).delay(Duration::ZERO);
        Self {
            services,
            caller,
            request_id,
            batches,
            loader,
        }
    }

    /// The loads of this request, which whoever executes it has to carry along.
    pub fn batches(&self) -> Batches {
        self.batches.clone()
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
        self.data::<RequestContext>()
            .map_err(|_| Error::Internal("a request without a context".into()))
    }
}
