"""Knowledge: what the bot, the workbench and the help pages answer from, searched and decided the same everywhere.

    text        characters: how a sentence becomes the units that are compared
    errors      the one error type of knowledge files
    lexicon     专题词库: groups of words that mean the same
    entry       Entry, its Revision, when it is in force
    dialogue    multi-turn questions as data, and the pure step through them
    suggest     猜你想问: questions that fit the page, the taxpayer and the error on it
    bundle      all of the above in one file with a content hash
    confidence  how likely a hit is right, on a scale of its own
    candidates  what a search hands to a decision, and the state kept between two messages
    decide      the bot's pure half: candidates and state in, one decision out
    index       ranking (tantivy, single characters); makes the candidates
    measure     hit rates, AUROC and wrong automatic answers on a file of labelled questions
    cli         the command banwen-kb
    sample/     sample knowledge, marked 「示例知识，以税务机关公布为准」

One turn of the bot: `decide(text, index.candidates(text, context, state), state, context)`, where
`index = KnowledgeIndex.build(load_sample())`, `context = SearchContext(today, module, audience)`, and `state` is what
the last decision carried (Ask and Clarify do, anything else ends it).
"""
