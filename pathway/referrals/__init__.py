"""Treatment referrals, releases from custody and the twenty-one days after."""
