{ size, ... }: size
