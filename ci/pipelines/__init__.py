"""Templates of pipelines that people take, and the scripts they call."""
