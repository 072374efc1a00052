//! What a resolver knows of its request.

use std::{collections::HashMap, hash::Hash, sync::Arc, time::Duration};

use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};

use super::{batches::Batches, error::Error, event::FeedPlace, loaders::Reader, meter::Weight};
use crate::{
    services::{Services, caller::Caller},
    store::StoreError,
};

/// One request: who asks, and the loaders that live as long as it does.
pub struct RequestContext {
    pub services: Services,
    pub caller: Caller,
    /// Where the feed it executes, if it does, has come.
    place: FeedPlace,
    batches: Batches,
    loader: DataLoader<Reader>,
}

impl RequestContext {
    /// The context of a new request. Loaders are never shared between requests, so neither are rows between callers.
    pub fn new(services: Services, caller: Caller) -> Self {
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
            place: FeedPlace::default(),
            batches,
            loader,
        }
    }

    /// The same, of a feed whose transport watches its place.
    pub fn of_feed(self, place: FeedPlace) -> Self {
        Self { place, ..self }
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

    fn place(&self) -> Result<&FeedPlace, Error> {
        Ok(&self.request()?.place)
    }

    fn caller(&self) -> Result<&Caller, Error> {
        Ok(&self.request()?.caller)
    }

    /// One value by its key, read with all others that are asked for meanwhile, and counted.
    async fn load<K>(&self, key: K) -> Result<Option<<Reader as Loader<K>>::Value>, Error>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Reader: Loader<K, Value: Weight, Error = Arc<StoreError>>,
    {
        let request = self.request()?;
        let meter = request.batches.meter();
        meter.count_load()?;
        let read = request.loader.load_one(key).await?;
        meter.count(&read)?;
        Ok(read)
    }

    /// Several values by their keys.
    async fn load_many<K>(
        &self,
        keys: impl Iterator<Item = K>,
    ) -> Result<HashMap<K, <Reader as Loader<K>>::Value>, Error>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Reader: Loader<K, Value: Weight, Error = Arc<StoreError>>,
    {
        let request = self.request()?;
        let meter = request.batches.meter();
        meter.count_load()?;
        let read = request.loader.load_many(keys).await?;
        for value in read.values() {
            meter.count(value)?;
        }
        Ok(read)
    }
}

impl ContextExt for Context<'_> {
    fn request(&self) -> Result<&RequestContext, Error> {
        self.data::<RequestContext>()
            .map_err(|_| Error::Internal("a request without a context".into()))
    }
}
