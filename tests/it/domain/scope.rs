//! Whose rows may be seen.

use agent_orchestrator::domain::scope::Scope;
use entity::values::{TenantId, UserId};

#[test]
fn a_scope_covers_its_tenant_and_within_it_its_user() {
    let tenant = |name: &str| TenantId(name.to_owned());
    let user = |name: &str| UserId(name.to_owned());
    let everyone = Scope::of_tenant(tenant("acme"));
    let ada = Scope::of_user(tenant("acme"), user("ada"));
    for (scope, of_tenant, of_user, covered) in [
        (&everyone, "acme", "ada", true),
        (&everyone, "acme", "bob", true),
        (&everyone, "other", "ada", false),
        (&ada, "acme", "ada", true),
        (&ada, "acme", "bob", false),
        (&ada, "other", "ada", false),
        (&ada, "acme", "Ada", false),
        (&ada, "acme", "", false),
        (&ada, "acme ", "ada", false),
    ] {
        assert_eq!(
            scope.covers(&tenant(of_tenant), &user(of_user)),
            covered,
            "{scope:?} {of_tenant}/{of_user}"
        );
    }
}
