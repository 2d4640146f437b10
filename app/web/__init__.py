"""What people see: desks, citizen pages and the kit they are built with. Views are thin; no rule lives here."""
