"""The variables that hold a provider's key, where LiteLLM serves the provider.

LiteLLM knows them in code alone, which takes seconds to import, and asks for none before it calls.
"""

_ONE_KEY = (  # providers that answer nobody without a key, and read it from `<PROVIDER>_API_KEY`
    "ai21",
    "baseten",
    "cerebras",
    "codestral",
    "deepinfra",
    "friendliai",
    "hyperbolic",
    "mistral",
    "morph",
    "nebius",
    "nlp_cloud",
    "novita",
    "nscale",
    "nvidia_nim",
    "sambanova",
    "v0",
    "vercel_ai_gateway",
    "volcengine",
    "wandb",
)

_KEYS = {
    **{provider: (f"{provider.upper()}_API_KEY",) for provider in _ONE_KEY},
    "ai21_chat": ("AI21_API_KEY",),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
    "cohere_chat": ("COHERE_API_KEY", "CO_API_KEY"),
    "dashscope": ("DASHSCOPE_API_KEY",),
    "featherless_ai": ("FEATHERLESS_AI_API_KEY", "FEATHERLESS_API_KEY"),
    "fireworks_ai": (
        "FIREWORKS_AI_API_KEY",
        "FIREWORKS_API_KEY",
        "FIREWORKSAI_API_KEY",
        "FIREWORKS_AI_TOKEN",
    ),
    "huggingface": ("HUGGINGFACE_API_KEY", "HF_TOKEN"),
    "lambda_ai": ("LAMBDA_API_KEY",),
    "perplexity": ("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"),
    "replicate": ("REPLICATE_API_KEY", "REPLICATE_API_TOKEN"),
    "together_ai": (
        "TOGETHERAI_API_KEY",
        "TOGETHER_API_KEY",
        "TOGETHER_AI_API_KEY",
        "TOGETHER_AI_TOKEN",
    ),
}


def key_variables(provider: str) -> tuple[tuple[str, ...], bool]:
    """The variables a key of `provider` may stand in, and whether there must be one.

    Of a provider that is not known here, neither is sure: the usual name, and no need of it.
    """
    known = _KEYS.get(provider)
    return (f"{provider.upper()}_API_KEY",) if known is None else known, known is not None
