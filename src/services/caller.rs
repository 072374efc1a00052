//! Who is asking.

use entity::values::{TenantId, UserId};

use super::{ServiceError, validate};
use crate::domain::scope::Scope;

/// A verified caller. In open mode everyone is the one tenant's operator and may act for any of its users.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    pub tenant: TenantId,
}

impl Caller {
    /// The caller of open mode.
    pub fn open() -> Self {
        Self {
            tenant: TenantId("default".to_owned()),
        }
    }

    /// What this caller may read.
    pub fn scope(&self) -> Scope {
        Scope::of_tenant(self.tenant.clone())
    }

    /// The scope narrowed to one user, where one is named.
    pub fn scope_of(&self, user: Option<&str>) -> Result<Scope, ServiceError> {
        Ok(match user {
            Some(user) => Scope::of_user(self.tenant.clone(), self.user(user)?),
            None => self.scope(),
        })
    }

    /// The user this caller acts for.
    pub fn user(&self, name: &str) -> Result<UserId, ServiceError> {
        validate::user_id(name)
    }
}
