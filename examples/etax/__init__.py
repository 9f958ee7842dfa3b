"""示例电子税务局: a sample site that signs in a sample taxpayer and embeds the widget by one script tag."""
