//! What the descriptions of all operations have in common, in one place: who may call, the key, the
//! refusals, the headers of answers. A handler writes `"4XX"`, `"5XX"` and a header `Authorization`;
//! here they become what OpenAPI means by them, in full.
//!
//! Not here: what an operation itself takes and answers. Called by `openapi` alone.

use crate::limits::KEY_MAX;
use functions::Code;
use std::collections::BTreeSet;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Components, ContentBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder,
};

/// Name of the security scheme of users and their programs.
const SESSION: &str = "session";
/// Name of the security scheme of operators.
const OPERATOR: &str = "operator";
/// What refusals are.
const PROBLEM: &str = "application/problem+json";

/// Operations with a limit of their own, whose answers say what is left of it.
const LIMITED: [&str; 9] = [
    "signUp",
    "signOn",
    "challenge",
    "signOnByKey",
    "changePassword",
    "finishRecovery",
    "addUser",
    "addApiKey",
    "orderMeter",
];

/// Completes the description.
pub(crate) fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_with(Components::new);
    security_schemes(components);
    let statuses: BTreeSet<u16> = Code::ALL.iter().map(|code| code.status()).collect();
    for status in &statuses {
        let refusal = refusal(*status);
        components
            .responses
            .insert(component(*status), RefOr::T(refusal.build()));
    }
    for (name, is_required) in [("IdempotencyKey", true), ("OptionalIdempotencyKey", false)] {
        components
            .parameters
            .insert(name.to_owned(), RefOr::T(key(is_required)));
    }
    components
        .headers
        .insert("Request-Id".to_owned(), RefOr::T(request_id()));
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            finish(operation, &statuses);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ]
    .into_iter()
    .flatten()
}

/// What is said of one operation.
fn finish(operation: &mut Operation, statuses: &BTreeSet<u16>) {
    let mut callers = Vec::new();
    let mut has_key = false;
    let mut asks_for_one = false;
    let parameters = operation.parameters.take().unwrap_or_default();
    let mut kept = Vec::with_capacity(parameters.len());
    for parameter in parameters {
        match parameter {
            RefOr::T(parameter) if is_header(&parameter, "authorization") => {
                callers = who(parameter.description.as_deref().unwrap_or_default());
            }
            RefOr::T(parameter) if is_header(&parameter, "idempotency-key") => {
                has_key = true;
                let name = match parameter.required {
                    Required::True => "IdempotencyKey",
                    Required::False => "OptionalIdempotencyKey",
                };
                let place = format!("#/components/parameters/{name}");
                kept.push(RefOr::Ref(Ref::new(place)));
            }
            other => {
                asks_for_one = true;
                kept.push(other);
            }
        }
    }
    operation.parameters = (!kept.is_empty()).then_some(kept);
    let has_body = operation.request_body.is_some();
    let id = operation.operation_id.as_deref().unwrap_or_default();
    let is_limited = LIMITED.contains(&id);
    let has_callers = !callers.is_empty();
    let requirement = |scheme: &str| SecurityRequirement::new::<_, _, String>(scheme, []);
    operation.security = has_callers.then(|| callers.into_iter().map(requirement).collect());

    let may_answer = |status: u16| match status {
        400 | 500 | 503 => true,
        401 | 403 => has_callers || has_body,
        404 => asks_for_one || has_body,
        402 => has_key,
        408 | 413 | 415 => has_body,
        409 => has_body || has_key,
        // Questions about an API key are limited wherever one is shown.
        429 => has_callers || has_body || has_key,
        422 => has_body || asks_for_one,
        // A code with a status of its own has to find its place here.
        _ => true,
    };
    let responses = &mut operation.responses.responses;
    responses.retain(|status, _| !matches!(status.as_str(), "4XX" | "5XX"));
    for answer in responses.values_mut() {
        if let RefOr::T(answer) = answer {
            if is_limited {
                let mut set = |name: &str, header| {
                    answer.headers.insert(name.to_owned(), RefOr::T(header));
                };
                set("RateLimit-Policy", rate_limit(POLICY));
                set("RateLimit", rate_limit(LEFT));
            }
            bytes_are_no_numbers(answer);
            let header = Ref::new("#/components/headers/Request-Id");
            answer
                .headers
                .insert("Request-Id".to_owned(), RefOr::Ref(header));
        }
    }
    for status in statuses.iter().filter(|status| may_answer(**status)) {
        let place = format!("#/components/responses/{}", component(*status));
        responses
            .entry(status.to_string())
            .or_insert_with(|| RefOr::Ref(Ref::new(place)));
    }
}

/// A drawing is bytes: OpenAPI says so by saying nothing of its schema.
fn bytes_are_no_numbers(answer: &mut Response) {
    let is_text = |media: &str| {
        media.starts_with("text/") || media.ends_with("json") || media.ends_with("xml")
    };
    for (media, content) in &mut answer.content {
        if let (false, RefOr::T(content)) = (is_text(media), content) {
            content.schema = None;
        }
    }
}

fn is_header(parameter: &Parameter, name: &str) -> bool {
    matches!(parameter.parameter_in, ParameterIn::Header)
        && parameter.name.eq_ignore_ascii_case(name)
}

/// The schemes that a description of the header `Authorization` names.
fn who(description: &str) -> Vec<&'static str> {
    [("Bearer", SESSION), ("Indicia-Key", OPERATOR)]
        .into_iter()
        .filter(|(word, _)| description.contains(word))
        .map(|(_, scheme)| scheme)
        .collect()
}

fn security_schemes(components: &mut Components) {
    let session = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("ind_test_...")
        .description(Some(
            "`Bearer TOKEN`, the token of `POST /v1/sessions`: five minutes, renewed by \
             `POST /v1/sessions/renewals`",
        ))
        .build();
    components.add_security_scheme(SESSION, SecurityScheme::Http(session));
    let operator = ApiKeyValue::with_description(
        "Authorization",
        "`Indicia-Key KEY-ID:TIME:SIGNATURE`, signed with an enrolled operator or treasury key; \
         see docs/api.md",
    );
    components.add_security_scheme(OPERATOR, SecurityScheme::ApiKey(ApiKey::Header(operator)));
}

/// `Problem404`.
fn component(status: u16) -> String {
    format!("Problem{status}")
}

/// All refusals of one status, with the codes that it can have.
fn refusal(status: u16) -> ResponseBuilder {
    let codes: Vec<String> = Code::ALL
        .iter()
        .filter(|code| code.status() == status)
        .map(|code| format!("`{}`", code.as_str()))
        .collect();
    let schema = Ref::from_schema_name("Problem");
    let refusal = ResponseBuilder::new()
        .description(codes.join(", "))
        .content(PROBLEM, ContentBuilder::new().schema(Some(schema)).build())
        .header("Request-Id", request_id());
    match status {
        429 => refusal
            .header("Retry-After", retry_after())
            .header("RateLimit-Policy", rate_limit(POLICY))
            .header("RateLimit", rate_limit(LEFT)),
        503 => refusal.header("Retry-After", retry_after()),
        _ => refusal,
    }
}

fn request_id() -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some(
            "Names the exchange in the server's log; a problem says it again",
        ))
        .build()
}

/// What `RateLimit-Policy` says.
const POLICY: &str = "A limit: its name, how many are let through at once, in how many seconds as \
                      many come back: `\"attempts\";q=20;w=20`";
/// What `RateLimit` says.
const LEFT: &str = "What is left of it: its name, how many would be let through now, in how many \
                    seconds one more: `\"attempts\";r=19;t=1`";

fn rate_limit(description: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some(description))
        .build()
}

fn retry_after() -> Header {
    let seconds = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1));
    HeaderBuilder::new()
        .schema(Some(seconds))
        .description(Some("Seconds to wait, where a time is known"))
        .build()
}

fn key(is_required: bool) -> Parameter {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(KEY_MAX))
        // Printable ASCII; blanks at either end are no part of a header's value.
        .pattern(Some("^[!-~]([ -~]*[!-~])?$"));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(if is_required {
            Required::True
        } else {
            Required::False
        })
        .description(Some(
            "A fresh one for each new intention, the same one when it is repeated",
        ))
        .schema(Some(text))
        .build()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    fn document() -> Value {
        serde_json::from_str(&crate::openapi::document().unwrap()).unwrap()
    }

    #[test]
    fn every_operation_names_callers_and_refusals_in_full() {
        let document = document();
        let methods = document["paths"].as_object().unwrap().values();
        for operation in methods.flat_map(|methods| methods.as_object().unwrap().values()) {
            let id = &operation["operationId"];
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.keys().all(|key| !key.ends_with("XX")), "{id}");
            assert!(answers.contains_key("503"), "{id}");
            assert_eq!(
                answers.contains_key("415"),
                operation["requestBody"].is_object()
            );
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert_ne!(parameter["name"], "Authorization", "{id}");
            }
            for (status, answer) in answers {
                let is_refusal = status.starts_with(['4', '5']);
                assert_eq!(answer["$ref"].is_string(), is_refusal, "{id} {status}");
            }
        }
        let meter = &document["paths"]["/v1/meters/{serial}"]["get"]["security"];
        let schemes = meter.as_array().unwrap();
        assert!(schemes[0]["session"].is_array() && schemes[1]["operator"].is_array());
        assert!(document["paths"]["/v1/rates"]["get"]["security"].is_null());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
            match value {
                Value::Object(fields) => {
                    found.extend(fields.get("$ref").and_then(Value::as_str));
                    fields.values().for_each(|value| walk(value, found));
                }
                Value::Array(values) => values.iter().for_each(|value| walk(value, found)),
                _ => {}
            }
        }
        let document = document();
        let mut found = Vec::new();
        walk(&document, &mut found);
        assert!(found.len() > 100);
        for place in found {
            let pointer = place.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{place}");
        }
    }
}
