//! The macro that turns a table of methods into an enum of requests, and into all that depends on a
//! method's name. A method is added as one entry of [`customer`](super::customer) or
//! [`admin`](super::admin); CONTRIBUTING.md shows it.

/// Each entry is `Variant(Params) -> Result = "name" as client_verb, [errors];`, its doc comment the
/// method's summary. Without `as` the client's verb is written by hand. The errors are lists of [`Code`](super::Code)s, in the order in which they are
/// checked; [`error_groups`](super::error_groups) names those that methods share.
macro_rules! methods {
    ($(#[$about:meta])* $name:ident { $(
        #[doc = $summary:literal]
        $variant:ident($params:ident) -> $result:ident = $method:literal $(as $verb:ident)?,
        [$($errors:expr),* $(,)?];
    )+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone)]
        pub enum $name { $(#[doc = $summary] $variant($params),)+ }

        impl $name {
            /// The names of the methods.
            pub const METHODS: &[&str] = &[$($method),+];

            /// The errors of a method, or `None` where it is not in this table.
            #[cfg(feature = "schema")]
            pub(super) fn errors_of(method: &str) -> Option<Vec<super::Code>> {
                use super::error_groups::*;
                match method {
                    $($method => {
                        let errors: &[&[super::Code]] = &[ANY_METHOD, $($errors),*];
                        Some(errors.concat())
                    })+
                    _ => None,
                }
            }

            /// Describes each method, in the order of the table.
            #[cfg(feature = "schema")]
            pub(super) fn describe(describe: &mut impl super::methods::Describe) {
                $(describe.method::<$params, $result>($method, $summary.trim());)+
            }
        }

        impl super::message::Methods for $name {
            fn decode(
                method: &str,
                params: Option<&serde_json::value::RawValue>,
            ) -> Result<$name, super::RpcError> {
                match method {
                    $($method => super::message::parameters(params).map($name::$variant),)+
                    _ => Err(super::RpcError::new(super::Code::NoSuchMethod)),
                }
            }

            fn encode(&self, id: i64) -> Vec<u8> {
                match self { $($name::$variant(params) => super::message::ask(id, $method, params),)+ }
            }
        }
    };
}

pub(super) use methods;

/// Receives each method of a table, for documents.
#[cfg(feature = "schema")]
pub(super) trait Describe {
    /// Receives the method `name` with parameters `P` and result `R`. Two tables may share a method.
    fn method<P: schemars::JsonSchema, R: schemars::JsonSchema>(&mut self, name: &str, summary: &str);
}
