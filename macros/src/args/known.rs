//! The words that the semantic conventions know, where a value of one's own is possible too.

/// A set of words; what is not among them is written `other("…")`.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) what: &'static str,
    pub(crate) words: &'static [&'static str],
}

macro_rules! known {
    ($($name:ident, $what:literal: $($word:literal)*;)*) => {
        $(pub(crate) static $name: Known = Known { what: $what, words: &[$($word),*] };)*
    };
}

known! {
    DATABASES, "database system":
        "actian.ingres" "aws.dynamodb" "aws.redshift" "azure.cosmosdb" "cassandra" "clickhouse"
        "cockroachdb" "couchbase" "couchdb" "derby" "elasticsearch" "firebirdsql" "gcp.spanner"
        "geode" "h2database" "hbase" "hive" "hsqldb" "ibm.db2" "ibm.informix" "ibm.netezza"
        "influxdb" "instantdb" "intersystems.cache" "mariadb" "memcached" "microsoft.sql_server"
        "mongodb" "mysql" "neo4j" "opensearch" "oracle.db" "other_sql" "postgresql" "redis"
        "sap.hana" "sap.maxdb" "softwareag.adabas" "sqlite" "teradata" "trino";
    // Beside the databases that search vectors too, those that do nothing else.
    VECTOR_STORES, "vector store":
        "azure.cosmosdb" "cassandra" "chroma" "clickhouse" "couchbase" "elasticsearch" "faiss"
        "gcp.spanner" "lancedb" "mariadb" "milvus" "mongodb" "mysql" "neo4j" "opensearch"
        "oracle.db" "pinecone" "postgresql" "qdrant" "redis" "sap.hana" "sqlite" "vespa"
        "weaviate";
    DISTANCES, "distance": "cosine" "dot_product" "euclidean" "hamming" "jaccard" "manhattan";
    GENAI_PROVIDERS, "provider":
        "anthropic" "aws.bedrock" "azure.ai.inference" "azure.ai.openai" "cohere" "deepseek"
        "gcp.gemini" "gcp.gen_ai" "gcp.vertex_ai" "groq" "ibm.watsonx.ai" "mistral_ai"
        "moonshot_ai" "openai" "perplexity" "x_ai";
    GENAI_OPERATIONS, "operation":
        "chat" "create_agent" "embeddings" "execute_tool" "generate_content" "invoke_agent"
        "invoke_workflow" "retrieval" "text_completion";
    OUTPUTS, "output type": "image" "json" "speech" "text";
    MESSAGING_SYSTEMS, "messaging system":
        "activemq" "aws.sns" "aws_sqs" "eventgrid" "eventhubs" "gcp_pubsub" "jms" "kafka" "pulsar"
        "rabbitmq" "rocketmq" "servicebus";
    MESSAGING_OPERATIONS, "operation": "create" "process" "receive" "send" "settle";
    RPC_SYSTEMS, "RPC system": "connectrpc" "dubbo" "grpc" "jsonrpc";
}
