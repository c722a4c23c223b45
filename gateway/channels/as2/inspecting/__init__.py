"""Looking into a captured message for people who help, with every detail. Nothing here answers a partner."""
