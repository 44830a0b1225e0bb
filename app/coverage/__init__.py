"""What is required, who is deployed and who is present: read from posts, deployments and summaries."""
