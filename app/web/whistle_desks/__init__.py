"""The desks of 吹哨报到 beside blowing and the board: the whistle office, the street, grades, the wall."""
