//! Whose rows a read or write may touch.

use entity::values::{TenantId, UserId};

/// A tenant, and within it one user or all of them. Every read and write of the store takes one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    pub tenant: TenantId,
    /// None: every user of the tenant.
    pub user: Option<UserId>,
}

impl Scope {
    /// One user's own rows.
    pub fn of_user(tenant: TenantId, user: UserId) -> Self {
        Self {
            tenant,
            user: Some(user),
        }
    }

    /// All rows of a tenant.
    pub fn of_tenant(tenant: TenantId) -> Self {
        Self { tenant, user: None }
    }

    /// Whether a row of this owner may be seen.
    pub fn covers(&self, tenant: &TenantId, user: &UserId) -> bool {
        self.tenant == *tenant && self.user.as_ref().is_none_or(|own| own == user)
    }
}
