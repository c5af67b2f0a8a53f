"""A Supabase project for one run: the vendor's services, emulated over a real Postgres."""
